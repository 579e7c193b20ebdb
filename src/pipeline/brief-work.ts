/**
 * The walk of a request for anything but an answer: vectors, ranks, tokens. The same stages in the same order as
 * `answer`, with one result in place of a stream of parts.
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
import type { Credentials } from '../core/principal.ts'
import type { Share } from '../core/request.ts'
import { asElpisError, elpisError } from '../errors.ts'
import { endingOf } from './ending.ts'
import type { Stages } from './pipeline.ts'
import { shareOf } from './share.ts'

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
}

export function briefWork(stages: BriefStages): BriefWork {
  const { engine } = stages
  return {
    embed: (request, credentials) =>
      perform(request, credentials, stages, (admitted) => engine.embed({ ...request, ...admitted })),
    rerank: (request, credentials) =>
      perform(request, credentials, stages, (admitted) => engine.rerank({ ...request, ...admitted })),
    tokenize: (request, credentials) =>
      perform(request, credentials, stages, (admitted) => engine.tokenize({ ...request, ...admitted })),
  }
}

interface Admitted {
  readonly signal: AbortSignal
  readonly share: Share
}

async function perform<Result>(
  { signal: left }: { readonly signal: AbortSignal },
  credentials: Credentials,
  { access, answerSeconds: seconds, shutdown }: BriefStages,
  work: (admitted: Admitted) => Promise<Result>,
): Promise<Result> {
  const admission = await access.admit(credentials)
  const ending = endingOf({
    causes: [admission.revoked, shutdown],
    left,
    seconds,
    timeout: () => elpisError('answer_timeout', { seconds }),
  })
  try {
    const { signal } = ending
    return await unlessAborted(signal, () => work({ signal, share: shareOf(admission.principal) }))
  } catch (error) {
    throw asElpisError(error)
  } finally {
    ending.close()
    admission.release()
  }
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
