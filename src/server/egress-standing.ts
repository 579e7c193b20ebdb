import { accountOf } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import type { Egress } from '../monitoring/egress.ts'
import type { Cleared, Standing } from '../standing/standing.ts'

/** How soon an answer that runs is cut. */
const everyMilliseconds = 500

/** The same standing, that also bars those for whom too much has left. What they are running ends within a second. */
export function egressStanding(standing: Standing, egress: Pick<Egress, 'isCut'>): Standing {
  return {
    act: (step, by) => standing.act(step, by),
    lift: (lifting, by) => standing.lift(lifting, by),
    measures: (filter) => standing.measures(filter),
    close: () => standing.close(),
    async clear(principal) {
      const account = accountOf(principal)
      if (egress.isCut(account)) throw elpisError('egress_cut')
      return watched(await standing.clear(principal), () => egress.isCut(account))
    },
  } satisfies Standing
}

function watched(cleared: Cleared, isCut: () => boolean): Cleared {
  const ending = new AbortController()
  const follow = () => ending.abort(cleared.barred.reason)
  if (cleared.barred.aborted) follow()
  else cleared.barred.addEventListener('abort', follow, { once: true })
  const timer = setInterval(() => {
    if (isCut()) ending.abort(elpisError('egress_cut'))
  }, everyMilliseconds)
  timer.unref()
  return {
    level: cleared.level,
    barred: ending.signal,
    release() {
      clearInterval(timer)
      cleared.barred.removeEventListener('abort', follow)
      cleared.release()
    },
  }
}
