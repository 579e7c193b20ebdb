import { z } from 'zod'
import type { KeyId } from '../../../core/ids.ts'
import { elpisError } from '../../../errors.ts'
import type { KeptBatches } from '../../../kept/batches.ts'
import type { StoredBatch } from '../../../kept/store.ts'
import { errorBody } from '../../error-body.ts'
import type { Exchange } from '../../exchange.ts'
import { defineRoute, type Route } from '../../route.ts'
import type { Whose } from '../../whose.ts'
import { listed, listOf, pageQuery } from '../list.ts'

const endpoints = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/responses'] as const

/** The body of `POST /v1/batches`. */
export const batchRequest = z.strictObject({
  input_file_id: z.string().min(1).max(200).describe('A file of purpose `batch`: a request a line.'),
  endpoint: z.enum(endpoints).describe('Where all its requests go.'),
  completion_window: z.literal('24h', { error: 'must be "24h"' }).describe('`24h`.'),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((metadata) => Object.keys(metadata).length <= 16, 'may have 16 entries at most')
    .nullish()
    .describe('Kept with the batch and given back.'),
})

const time = z.int().nullable()
const batchObject = z.object({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: z.enum(endpoints),
  input_file_id: z.string(),
  completion_window: z.literal('24h'),
  status: z.enum([
    ...(['validating', 'in_progress', 'finalizing', 'completed'] as const),
    ...(['failed', 'expired', 'cancelling', 'cancelled'] as const),
  ]),
  output_file_id: z.string().nullable().describe('Answers, in the order in which they were ready.'),
  error_file_id: z.string().nullable().describe('Lines that could not be answered.'),
  errors: z
    .object({
      object: z.literal('list'),
      data: z.array(z.object({ code: z.string(), message: z.string(), param: z.null(), line: z.null() })),
    })
    .nullable()
    .describe('Why it failed as a whole.'),
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  metadata: z.record(z.string(), z.string()).nullable(),
  created_at: z.int(),
  expires_at: z.int(),
  in_progress_at: time,
  finalizing_at: time,
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelling_at: time,
  cancelled_at: time,
})

const noKey = { description: 'No valid key.', schema: errorBody }
const notHere = { description: 'It is not here.', schema: errorBody }
const shown = { description: 'The batch.', schema: batchObject }

/** The routes of batches. A batch belongs to a key: without one it is refused (`batch_needs_key`). */
export function batchRoutes({ batches, whose }: { batches: KeptBatches; whose: Whose }): Route[] {
  const keyOf = async ({ credentials }: Exchange): Promise<KeyId> => {
    const { keyId } = (await whose(credentials)).principal
    if (keyId === null) throw elpisError('batch_needs_key')
    return keyId
  }
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/batches',
      summary: 'Answer many requests in the background',
      needs: 'batches',
      body: batchRequest,
      answers: {
        200: shown,
        400: { description: 'The request is wrong.', schema: errorBody },
        401: noKey,
        404: notHere,
      },
      async handle({ body, exchange }) {
        const { endpoint, input_file_id: inputFile, metadata = null } = body
        const keyId = await keyOf(exchange)
        const { subject } = await whose(exchange.credentials)
        return wireOf(await batches.create(keyId, { subject, endpoint, inputFile, metadata }))
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/batches',
      summary: 'List the batches of this key',
      needs: 'batches',
      query: pageQuery.omit({ order: true }),
      answers: {
        200: { description: 'Newest first.', schema: listed(batchObject) },
        401: noKey,
        404: notHere,
      },
      async handle({ exchange, query: { after = null, limit } }) {
        const page = { after, limit: limit + 1, order: 'desc' as const }
        return listOf((await batches.list(await keyOf(exchange), page)).map(wireOf), limit)
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/batches/:id',
      summary: 'Say how far a batch is',
      needs: 'batches',
      answers: { 200: shown, 401: noKey, 404: notHere },
      handle: async ({ exchange, names }) =>
        wireOf(await batches.find(await keyOf(exchange), names['id'] ?? '')),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/batches/:id/cancel',
      summary: 'Stop a batch; what is answered already stays',
      needs: 'batches',
      answers: {
        200: shown,
        401: noKey,
        404: notHere,
        409: { description: 'It is over.', schema: errorBody },
      },
      handle: async ({ exchange, names }) =>
        wireOf(await batches.cancel(await keyOf(exchange), names['id'] ?? '')),
    }),
  ]
}

function wireOf(batch: StoredBatch): z.infer<typeof batchObject> {
  const { reached, failure } = batch
  const seconds = (milliseconds: number | undefined) =>
    milliseconds === undefined ? null : Math.floor(milliseconds / 1000)
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    input_file_id: batch.inputFile,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.outputFile,
    error_file_id: batch.errorFile,
    errors: failure === null ? null : { object: 'list', data: [{ ...failure, param: null, line: null }] },
    request_counts: { ...batch.counts },
    metadata: batch.metadata === null ? null : { ...batch.metadata },
    created_at: Math.floor(batch.createdAt / 1000),
    expires_at: Math.floor(batch.expiresAt / 1000),
    in_progress_at: seconds(reached.in_progress),
    finalizing_at: seconds(reached.finalizing),
    completed_at: seconds(reached.completed),
    failed_at: seconds(reached.failed),
    expired_at: seconds(reached.expired),
    cancelling_at: seconds(reached.cancelling),
    cancelled_at: seconds(reached.cancelled),
  }
}
