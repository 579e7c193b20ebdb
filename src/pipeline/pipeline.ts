/**
 * The walk of one request through the stages. Every door uses it, and there is no other way to a model.
 *
 * There is no guard yet: the policy is explicitly `open`, and the banner and `/health` say so.
 */
import type { Engine } from '../core/engine.ts'
import type { Part } from '../core/part.ts'
import type { Admission, Credentials } from '../core/principal.ts'
import type { Request } from '../core/request.ts'
import { asElpisError, elpisError } from '../errors.ts'
import { endingOf } from './ending.ts'
import { shareOf } from './share.ts'
import { partsUntil } from './until.ts'

/** What the guard of this server does. `open`: nothing is judged, for there is no guard. */
export type Policy = 'open'
export const policy: Policy = 'open'

/** What the pipeline asks of access. */
export interface AccessStage {
  /** @throws `key_missing`, `key_invalid` */
  admit(credentials: Credentials): Promise<Admission>
}

export interface Stages {
  readonly access: AccessStage
  readonly engine: Pick<Engine, 'generate'>
  /** Longest time from admission to the last part. */
  readonly answerSeconds: number
  /** Aborted with `shutting_down` when answers that still run must end now. */
  readonly shutdown: AbortSignal
}

/**
 * The answer to one request. Never throws: whatever goes wrong, at whatever stage, is an `error` part, the last one.
 * Ends at once (not at the engine's next step) when the client leaves (`request.signal`), the principal loses access,
 * the time is up or the server shuts down.
 */
export async function* answer(
  request: Request,
  credentials: Credentials,
  stages: Stages,
): AsyncGenerator<Part> {
  let admission: Admission
  try {
    admission = await stages.access.admit(credentials)
  } catch (error) {
    yield { type: 'error', error: asElpisError(error) }
    return
  }
  const ending = endingOf({
    causes: [admission.revoked, stages.shutdown],
    left: request.signal,
    seconds: stages.answerSeconds,
    timeout: () => elpisError('answer_timeout', { seconds: stages.answerSeconds }),
  })
  try {
    const drafted = stages.engine.generate({
      ...request,
      signal: ending.signal,
      share: shareOf(admission.principal),
    })
    for await (const part of partsUntil(ending.signal, drafted)) {
      // Before it goes out: whoever takes the last part may never ask for another.
      if (part.type === 'usage' || part.type === 'error') close()
      yield part
    }
  } finally {
    close()
  }

  function close(): void {
    if (ending.closed) return
    ending.close()
    admission.release()
  }
}
