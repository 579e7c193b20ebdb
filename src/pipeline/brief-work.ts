/**
 * The walk of a request for anything but an answer: vectors, ranks, tokens, judgements of texts. The same stages in the
 * same order as `answer`, with one result in place of a stream of parts.
 */
import type {
  Embeddings,
  EmbedRequest,
  Engine,
  Ranking,
  RerankRequest,
  TokenizeRequest,
  Tokens,
} from '../core/engine.ts'
import type { RequestId } from '../core/ids.ts'
import { moderator, type Moderated, type ModerationRequest } from '../core/moderation.ts'
import type { Usage } from '../core/part.ts'
import type { Credentials } from '../core/principal.ts'
import type { Share } from '../core/request.ts'
import { asElpisError, elpisError } from '../errors.ts'
import { admitted, type Admitted } from './admitted.ts'
import { blocks, refusal } from './refusal.ts'
import { shareOf } from './share.ts'
import type { Asking, Outcome, Stages } from './stages.ts'

export interface BriefStages extends Omit<Stages, 'engine'> {
  readonly engine: Pick<Engine, 'embed' | 'rerank' | 'tokenize'>
}

/** A request as a door makes it: it does not know yet who asks. */
export type Asked<AnyRequest extends { readonly share: Share }> = Omit<AnyRequest, 'share'>

/**
 * What doors can ask for besides answers. All throw an `ElpisError`, and at once (not at the engine's next step) when
 * the client leaves (`signal`), the principal loses access, the time is up or the server shuts down.
 */
export interface BriefWork {
  embed(request: Asked<EmbedRequest>, credentials: Credentials): Promise<Embeddings>
  rerank(request: Asked<RerankRequest>, credentials: Credentials): Promise<Ranking>
  tokenize(request: Asked<TokenizeRequest>, credentials: Credentials): Promise<Tokens>
  moderate(request: ModerationRequest, credentials: Credentials): Promise<readonly Moderated[]>
}

/**
 * Joins the stages. The guard judges texts before the engine gets them, and each call is admitted, recorded and
 * settled as an answer is.
 */
export function briefWork(stages: BriefStages): BriefWork {
  const { engine, guard } = stages
  return {
    embed: (request, credentials) =>
      perform('embed', request, credentials, stages, (accepted) =>
        judgedFirst(accepted, stages, (given) => engine.embed({ ...request, ...given })),
      ),
    rerank: (request, credentials) =>
      perform('rerank', request, credentials, stages, (accepted) =>
        judgedFirst(accepted, stages, (given) => engine.rerank({ ...request, ...given })),
      ),
    tokenize: (request, credentials) =>
      perform('tokenize', request, credentials, stages, (accepted) =>
        judgedFirst(accepted, stages, (given) => engine.tokenize({ ...request, ...given })),
      ),
    moderate: (request, credentials) =>
      perform('moderate', { ...request, model: moderator }, credentials, stages, (accepted) =>
        guard.moderate(request.items, {
          ...accepted,
          onVerdict: (verdict) => accepted.entry.judged(verdict),
        }),
      ),
  }
}

interface Given {
  readonly signal: AbortSignal
  readonly share: Share
}

/** What is asked of any brief work. */
interface BriefRequest {
  readonly id: RequestId
  readonly model: string
  readonly signal: AbortSignal
}

async function perform<Result extends object>(
  kind: Exclude<Asking['kind'], 'answer'>,
  request: BriefRequest,
  credentials: Credentials,
  stages: BriefStages,
  work: (accepted: Admitted) => Promise<Result>,
): Promise<Result> {
  const asking = { id: request.id, model: request.model, kind, work: request, request: null }
  const accepted = await admitted(asking, credentials, request.signal, stages)
  let outcome: Outcome = { type: 'failed', error: elpisError('client_left'), usage: null }
  try {
    const result = await unlessAborted(accepted.signal, () => work(accepted))
    // Of tokens that are only counted, and of texts that are only judged, no model computes any.
    outcome = { type: 'finished', usage: usageOf('promptTokens' in result ? Number(result.promptTokens) : 0) }
    return result
  } catch (error) {
    outcome = { type: 'failed', error: asElpisError(error), usage: null }
    throw outcome.error
  } finally {
    await accepted.close(outcome)
  }
}

/** Nothing can be held back half-way: it is judged first. */
async function judgedFirst<Result>(
  accepted: Admitted,
  { guard, weights }: BriefStages,
  work: (given: Given) => Promise<Result>,
): Promise<Result> {
  const { entry, principal, signal } = accepted
  const verdict = await guard.judgeInput(accepted)
  entry.judged(verdict)
  if (blocks(verdict)) throw refusal(verdict)
  return await work({ signal, share: shareOf(principal, weights) })
}

function usageOf(promptTokens: number): Usage {
  return { promptTokens, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }
}

/** The result of `work`; rejected with the reason of `signal` as soon as that is aborted, whatever `work` does. */
function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    const done = () => signal.removeEventListener('abort', abort)
    work().then(resolve, reject).finally(done)
  })
}
