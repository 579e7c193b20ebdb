/** The walk of one request through the stages. Every door uses it, and there is no other way to a model. */
import type { Part, Usage } from '../core/part.ts'
import type { Credentials } from '../core/principal.ts'
import type { Request } from '../core/request.ts'
import { asElpisError, elpisError } from '../errors.ts'
import { admitted, type Admitted } from './admitted.ts'
import { shareOf } from './share.ts'
import type { Outcome, Stages } from './stages.ts'
import { partsUntil } from './until.ts'

/**
 * The answer to one request. Never throws: whatever goes wrong, at whatever stage, is an `error` part, the last one.
 * Ends at once (not at the engine's next step) when the client leaves (`request.signal`), the principal loses access or
 * standing, the time is up or the server shuts down.
 */
export async function* answer(
  request: Request,
  credentials: Credentials,
  stages: Stages,
): AsyncGenerator<Part> {
  let accepted: Admitted
  try {
    const asking = { id: request.id, model: request.model, kind: 'answer', work: request, request } as const
    accepted = await admitted(asking, credentials, request.signal, stages)
  } catch (error) {
    yield { type: 'error', error: asElpisError(error) }
    return
  }
  const { entry, principal, ending } = accepted
  let usage: Usage | null = null
  let outcome: Outcome | null = null
  // Ends with the answer, whoever ended it: an engine in the middle of a long prompt is not told by its iterator.
  const work = new AbortController()
  const stop = () => work.abort(ending.signal.aborted ? ending.signal.reason : over)
  if (ending.signal.aborted) stop()
  else ending.signal.addEventListener('abort', stop, { once: true })
  try {
    // Begins once the engine was asked, in this same turn: what is looked at first must not keep an upstream idle.
    const question = Promise.resolve()
      .then(() => stages.guard.judgeInput(accepted))
      .then((verdict) => {
        entry.judged(verdict)
        return verdict
      })
    question.catch(() => {})
    const share = shareOf(principal, stages.weights)
    const drafted = stages.engine.generate({ ...request, signal: work.signal, share })
    const judged = { ...accepted, onVerdict: entry.judged.bind(entry) }
    const released = stages.guard.release(drafted, question, judged)
    for await (const part of partsUntil(ending.signal, released)) {
      entry.released(part)
      usage = countedWith(usage, part)
      if (part.type === 'usage') outcome = { type: 'finished', usage }
      if (part.type === 'error') outcome = { type: 'failed', error: part.error, usage }
      // Before it goes out: whoever takes the last part may never ask for another.
      if (outcome !== null) {
        stop()
        await accepted.close(outcome)
      }
      yield part
    }
  } catch (error) {
    yield { type: 'error', error: asElpisError(error) }
  } finally {
    stop()
    await accepted.close(outcome ?? { type: 'failed', error: elpisError('client_left'), usage })
  }
}

/** One for all: making a new one, with its trace, takes longer than all else that happens at an end. */
const over = elpisError('client_left')

/** What was used so far: whoever leaves before the end has had it all the same. */
function countedWith(usage: Usage | null, part: Part): Usage | null {
  if (part.type === 'usage') return part.usage
  if (part.type === 'start') {
    const { promptTokens, cachedTokens } = part
    return { promptTokens, cachedTokens, outputTokens: 0, reasoningTokens: 0 }
  }
  if (usage === null || !('tokens' in part) || typeof part.tokens !== 'number') return usage
  const thought = part.type === 'reasoning-delta' ? part.tokens : 0
  return {
    ...usage,
    outputTokens: usage.outputTokens + part.tokens,
    reasoningTokens: usage.reasoningTokens + thought,
  }
}
