import { randomUUID } from 'node:crypto'
import { hasOrder, recordedRequest, type AnswerRecord } from '../audit/answer-record.ts'
import type { Engine } from '../core/engine.ts'
import type { RequestId } from '../core/ids.ts'
import { plainRequest } from '../core/request.ts'
import { judgeReplay, type ReplayFinding } from '../provenance/replay.ts'

export interface Replay {
  /** What computed it now. */
  readonly build: string
  /** On the build and layout that made it: every token must be the same. Else rounding is allowed for. */
  readonly exact: boolean
  readonly choices: readonly (ReplayFinding & { readonly choice: number })[]
  readonly problems: readonly string[]
}

interface ReplayParts {
  readonly engine: Pick<Engine, 'generate' | 'models'>
  /** The name here of the weights, with the adapter, that the record names. */
  readonly model: string
  /** The guard cut the answer or took words out of it: its text is not what its tokens spell. */
  readonly changedByGuard: boolean
  readonly signal: AbortSignal
}

/** What an answer says, as clients get it. */
interface Said {
  text: string
  reasoning: string
  readonly calls: { readonly name: string; arguments: string }[]
}

/** Why an answer cannot be computed again; null when it can. */
export function whyNotReplayed({ settings, build, weights, tokens }: AnswerRecord): string | null {
  if (weights === null || build === null) return 'it was not computed by the server itself'
  if (!hasOrder(settings)) return 'its schemas were recorded without the order of their names'
  if (settings.reasoning.budget !== null) return 'its thoughts had a budget'
  if (!tokens.some((choice) => choice !== null && choice.length > 0)) return 'its tokens were not recorded'
  return null
}

/**
 * Feeds each choice of an answer through the model, and says whether the recorded sampler and seed choose the same.
 *
 * @throws what the engine fails with
 */
export async function replayAnswer(record: AnswerRecord, parts: ReplayParts): Promise<Replay> {
  const choices: (ReplayFinding & { choice: number })[] = []
  const problems: string[] = []
  for (const [choice, tokens] of record.tokens.entries()) {
    if (tokens === null || tokens.length === 0) continue
    const { margins, said } = await computed(record, { ...parts, choice, tokens })
    const finding = judgeReplay(margins, isExact(record, parts))
    choices.push({ choice, ...finding })
    if (margins.length !== tokens.length) {
      problems.push(`choice ${choice}: only ${margins.length} of ${tokens.length} tokens could be computed`)
    }
    if (!finding.fits) problems.push(misfit(choice, finding))
    const misread = parts.changedByGuard ? null : misreadOf(said, record, choice)
    if (misread !== null) problems.push(`choice ${choice}: its ${misread} is not what its tokens spell`)
  }
  return { build: servedBy(parts)?.build ?? 'unknown', exact: isExact(record, parts), choices, problems }
}

function servedBy({ engine, model }: ReplayParts) {
  return engine.models().find(({ id }) => id === model)
}

/** The same build computes the same bits with the same layout of its cache only. */
function isExact({ build, layout = null }: AnswerRecord, parts: ReplayParts): boolean {
  const now = servedBy(parts)
  return build !== null && layout !== null && now?.build === build && now.layout === layout
}

async function computed(
  record: AnswerRecord,
  {
    engine,
    model,
    signal,
    choice,
    tokens,
  }: ReplayParts & { readonly choice: number; readonly tokens: readonly number[] },
): Promise<{ margins: readonly number[]; said: Said }> {
  const said: Said = { text: '', reasoning: '', calls: [] }
  let margins: readonly number[] = []
  const parts = engine.generate({
    ...plainRequest,
    ...recordedRequest(record),
    id: `req_${randomUUID()}` as RequestId,
    model,
    choices: 1,
    stop: [],
    maxTokens: null,
    topLogprobs: null,
    signal,
    share: { account: 'owner', weight: 1, cacheScope: 'owner' },
    recorded: { choice, tokens, renderedAt: record.opened },
  })
  for await (const part of parts) {
    if (part.type === 'error') throw part.error
    if (part.type === 'text-delta') said.text += part.text
    if (part.type === 'reasoning-delta') said.reasoning += part.text
    if (part.type === 'tool-call-start') said.calls.push({ name: part.name, arguments: '' })
    if (part.type === 'tool-call-delta') said.calls.at(-1)!.arguments += part.arguments
    if (part.type === 'finish') margins = part.margins ?? []
  }
  return { margins, said }
}

function misfit(choice: number, { edited, different, tokens, score, most }: ReplayFinding): string {
  const named = edited.slice(0, 20).join(', ')
  const where = edited.length === 0 ? '' : `; first at positions ${named}${edited.length > 20 ? ', …' : ''}`
  return `choice ${choice}: ${different} of ${tokens} tokens would not be chosen (score ${score.toFixed(4)}, at most ${most})${where}`
}

/** What of an answer is not what its tokens spell; null when all is. Stop strings are among the tokens only. */
function misreadOf(spelled: Said, { settings, output }: AnswerRecord, choice: number): string | null {
  const recorded = output?.[choice] ?? { text: '', reasoning: '', calls: [] }
  const fits = (whole: string, said: string) =>
    settings.stop.length === 0 ? whole === said : whole.startsWith(said)
  if (!fits(spelled.text, recorded.text)) return 'text'
  if (!fits(spelled.reasoning, recorded.reasoning)) return 'thought'
  const names = (calls: Said['calls']) => calls.map(({ name }) => `${name}\n`).join('')
  const all = (calls: Said['calls']) => calls.map((call) => call.arguments).join('\n')
  if (!fits(names(spelled.calls), names(recorded.calls))) return 'call'
  return fits(all(spelled.calls), all(recorded.calls)) ? null : 'call'
}
