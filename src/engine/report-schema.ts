/**
 * The process of a model reads what strangers made, so it may have been taken over: nothing that it says is believed
 * before it was checked against this.
 */
import { z } from 'zod'
import { briefReport } from './brief-report-schema.ts'
import type { Report } from './protocol.ts'

const count = z.int().min(0)
const choice = z.int().min(0).max(1023)
/** Any number: a token that cannot come has a logarithm of minus infinity. */
const logarithm = z.custom<number>((value) => typeof value === 'number')
const reason = z.string().transform((text) => text.slice(0, 500))

const alternative = {
  token: count,
  bytes: z.array(z.int().min(0).max(255)).max(4096),
  logprob: logarithm,
}
const logprobs = z
  .array(z.object({ ...alternative, top: z.array(z.object(alternative)).max(1024) }))
  .max(65_536)

/** What is no number counts as no score, further on. */
const probability = z.union([z.number().min(0).max(1), z.nan()])
const probe = z.object({ prompt: probability, answer: probability.nullable() })
const state = z.custom<Float32Array>((value) => value instanceof Float32Array)

const jobEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), job: count, promptTokens: count, cachedTokens: count }),
  z.object({
    type: z.literal('text'),
    job: count,
    choice,
    text: z.string().max(1_000_000),
    tokens: count,
    logprobs: logprobs.nullable(),
    probe: probe.exactOptional(),
  }),
  z.object({
    type: z.literal('finished'),
    job: count,
    choice,
    reason: z.enum(['stop', 'length', 'cancelled', 'content_filter']),
    stopString: z.string().max(1000).exactOptional(),
    tokens: z.array(count).max(10_000_000).exactOptional(),
    margins: z.array(z.number().min(0)).max(10_000_000).exactOptional(),
    probe: probe.exactOptional(),
    states: z.array(state).max(100_000).exactOptional(),
  }),
  z.object({
    type: z.literal('ended'),
    job: count,
    usage: z.object({ promptTokens: count, cachedTokens: count, outputTokens: count }),
  }),
  z.object({ type: z.literal('too-long'), job: count, promptTokens: count, contextTokens: count }),
  z.object({ type: z.literal('failed'), job: count, reason, at: z.literal('schema').exactOptional() }),
])

export const reportSchema: z.ZodType<Report> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello') }),
  z.object({ type: z.literal('loading'), fraction: z.number().min(0).max(1) }),
  z.object({
    type: z.literal('ready'),
    model: z.object({
      chatTemplate: z.string().max(1_048_576).nullable(),
      bosText: z.string().max(1024),
      eosText: z.string().max(1024),
      controlTokens: z.array(z.string().max(4096)).max(200_000),
      markTokens: z.array(z.string().max(4096)).max(200_000),
      vocabularySize: count,
      trainedContextTokens: count,
      vectorLength: z.int().min(1).max(1_048_576).nullable(),
      description: z.string().max(1000),
      build: z.string().max(1000),
      layout: z.string().max(1000).nullable(),
      lockdown: z.string().max(1000),
    }),
  }),
  z.object({ type: z.literal('unusable'), reason }),
  z.object({ type: z.literal('adapter'), adapter: count, problem: reason.nullable() }),
  z.object({
    type: z.literal('step'),
    events: z.array(jobEvent).max(100_000),
    occupancy: z
      .object({
        sequences: count,
        cells: count,
        keptCells: count,
        drafts: z.object({ proposed: count, right: count }).exactOptional(),
      })
      .exactOptional(),
  }),
  z.object({
    type: z.literal('prefix'),
    text: z.string().max(64),
    file: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  }),
  briefReport,
])
