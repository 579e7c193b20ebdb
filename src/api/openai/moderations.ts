import { z } from 'zod'
import { hazards, type Hazard, type Scores } from '../../core/verdict.ts'
import type { Moderated, ToModerate } from '../../core/moderation.ts'
import type { Principal } from '../../core/principal.ts'
import { errorBody, modelRefusals } from '../error-body.ts'
import { idLike } from '../exchange.ts'
import { defineRoute, type Route } from '../route.ts'
import { messageOf } from './chat-completions.ts'
import { message } from './chat-schema.ts'
import { text } from './fields.ts'
import type { Generating } from './generating.ts'
import type { Whose } from '../whose.ts'

const mostInputs = 256

const textInput = z.strictObject({ type: z.literal('text'), text })

/** The body of `POST /v1/moderations`: OpenAI's, or a conversation whose last turn is judged. */
const moderationRequest = z
  .strictObject({
    input: z
      .union([
        text.min(1),
        z
          .array(z.union([text.min(1), textInput]))
          .min(1)
          .max(mostInputs),
      ])
      .optional()
      .describe('A text, or several: each is judged for itself.'),
    messages: z
      .array(message)
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'Extension, in place of `input`: the last turn is judged in its context; an assistant’s as an answer.',
      ),
    model: z.string().max(500).nullish().describe('Ignored: the guard of this server judges.'),
  })
  .refine(({ input, messages }) => (input === undefined) !== (messages === undefined), {
    path: ['input'],
    error: 'or messages: one of both is needed',
  })

/** OpenAI's categories, each from the hazards that it covers. */
const categories: Readonly<Record<string, (of: (hazard: Hazard) => number) => number>> = {
  harassment: (of) => Math.max(of('S5'), of('S10') * 0.9),
  'harassment/threatening': (of) => Math.min(of('S1'), Math.max(of('S10'), of('S5'))),
  hate: (of) => of('S10'),
  'hate/threatening': (of) => Math.min(of('S10'), of('S1')),
  illicit: (of) => Math.max(of('S2'), of('S8'), of('S14'), of('cyber'), of('influence'), of('impersonation')),
  'illicit/violent': (of) => Math.max(of('S9'), Math.min(of('S1'), Math.max(of('S2'), of('S9')))),
  'self-harm': (of) => of('S11'),
  'self-harm/intent': (of) => of('S11'),
  'self-harm/instructions': (of) => of('S11'),
  sexual: (of) => Math.max(of('S12'), of('S3')),
  'sexual/minors': (of) => of('S4'),
  violence: (of) => Math.max(of('S1'), of('S9')),
  'violence/graphic': (of) => of('S1') * 0.5,
}

const flags = z.record(z.string(), z.boolean())
const scores = z.record(z.string(), z.number())

const moderation = z.object({
  id: z.string(),
  model: z.string().describe('The policy that was applied.'),
  results: z.array(
    z.object({
      flagged: z.boolean().describe('The policy would not let it pass.'),
      categories: flags,
      category_scores: scores,
      category_applied_input_types: z.record(z.string(), z.array(z.string())),
      hazards: flags.describe('Extension: MLCommons S1–S14 and our own.'),
      hazard_scores: scores,
      harm: z.number().describe('Extension: harm of any kind.'),
      attack: z.number().describe('Extension: an attempt to get past the rules.'),
      action: z.enum(['allow', 'flag', 'review', 'redact', 'block']),
      explain: z
        .object({
          layer: z.string(),
          view: z.string().nullable(),
          start: z.int().nullable(),
          end: z.int().nullable(),
          rules: z.array(
            z.object({ rule: z.string(), what: z.string(), view: z.string(), start: z.int(), end: z.int() }),
          ),
        })
        .optional()
        .describe('Only for who may read content: what decided.'),
    }),
  ),
})

interface Moderating {
  readonly brief: Generating['brief']
  readonly whose: Whose
  /** Who sees scores as they are. */
  readonly seesFine: (principal: Principal) => boolean
}

/**
 * Whoever has the same weights can climb fine scores in the dark, so ordinary keys see them in fifths, and not which
 * part decided.
 */
export function moderations({ brief, whose, seesFine }: Moderating): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/moderations',
    summary: 'Judge texts as the guard does',
    needs: 'answers',
    body: moderationRequest,
    answers: {
      200: { description: 'A result for each text.', schema: moderation },
      ...modelRefusals(),
      503: { description: 'Nothing can judge now.', schema: errorBody },
    },
    async handle({ body, exchange }): Promise<z.infer<typeof moderation>> {
      const { principal } = await whose(exchange.credentials)
      const fine = seesFine(principal)
      const found = await brief.moderate(
        { id: exchange.id, items: itemsOf(body), signal: exchange.left },
        exchange.credentials,
      )
      return {
        id: idLike(exchange.id, 'modr-'),
        model: found[0]?.policy ?? '',
        results: found.map((moderated) => resultOf(moderated, fine)),
      }
    },
  })
}

function itemsOf({ input, messages }: z.output<typeof moderationRequest>): ToModerate[] {
  if (input !== undefined) {
    const texts =
      typeof input === 'string' ? [input] : input.map((it) => (typeof it === 'string' ? it : it.text))
    return texts.map((prompt) => ({ prompt, response: null }))
  }
  const turns = (messages ?? []).map(messageOf)
  const last = turns.at(-1)
  if (last === undefined) return []
  const before = turns.slice(0, -1).map(({ content }) => content)
  if (last.role !== 'assistant') return [{ prompt: last.content, response: null, before: before.join('\n') }]
  const calls = (last.toolCalls ?? []).map((call) => `${call.name} ${call.arguments}`)
  return [{ prompt: before.join('\n'), response: [last.reasoning ?? '', last.content, ...calls].join('\n') }]
}

function resultOf(moderated: Moderated, fine: boolean): z.infer<typeof moderation>['results'][number] {
  const { flagged, action, decisive, layer, rules } = moderated
  const byRule: Scores = {
    harm: flagged ? 1 : 0,
    attack: 0,
    hazards: Object.fromEntries(moderated.hazards.map((it) => [it, 1])),
  }
  const found = moderated.scores ?? byRule
  const show = (score: number) => (fine ? Math.round(score * 10_000) / 10_000 : Math.round(score * 5) / 5)
  // A hazard is no more sure than that there is harm at all.
  const of = (hazard: Hazard) => Math.min(found.harm, found.hazards[hazard] ?? 0)
  const names = Object.keys(hazards) as Hazard[]
  const scored = Object.entries(categories).map(([name, score]) => [name, score(of)] as const)
  const applied = Object.fromEntries(scored.map(([name]) => [name, ['text']]))
  return {
    flagged,
    categories: Object.fromEntries(scored.map(([name, score]) => [name, flagged && score >= 0.5])),
    category_scores: Object.fromEntries(scored.map(([name, score]) => [name, show(score)])),
    category_applied_input_types: applied,
    hazards: Object.fromEntries(names.map((name) => [name, moderated.hazards.includes(name)])),
    hazard_scores: Object.fromEntries(names.map((name) => [name, show(of(name))])),
    harm: show(found.harm),
    attack: show(found.attack),
    action,
    ...(fine
      ? {
          explain: {
            layer,
            view: decisive?.view ?? null,
            start: decisive?.start ?? null,
            end: decisive?.end ?? null,
            rules: [...rules],
          },
        }
      : {}),
  }
}
