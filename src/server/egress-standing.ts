import { accountOf, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import type { Egress } from '../monitoring/egress.ts'
import type { Cleared, Standing } from '../standing/standing.ts'

/** How soon an answer that runs is cut. */
const everyMilliseconds = 500

/** The same standing, that also bars those for whom too much has left. What they are running ends within a second. */
export function egressStanding(standing: Standing, egress: Pick<Egress, 'isCut'>): Standing {
  const refuse = (principal: Principal) => {
    if (egress.isCut(accountOf(principal))) throw elpisError('egress_cut')
  }
  const watch = new Watch()
  const clear: Standing['clear'] = async (principal) => {
    refuse(principal)
    return watch.over(await standing.clear(principal), () => egress.isCut(accountOf(principal)))
  }
  return new Proxy(standing, {
    get(target, name) {
      if (name === 'clear') return clear
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...given: unknown[]) => unknown
      if (name !== 'check') return method
      return (principal: Principal) => {
        refuse(principal)
        return method(principal)
      }
    },
  })
}

/** Looks at all that runs, by one timer: one for each answer would be made and stopped with every request. */
class Watch {
  readonly #looks = new Set<() => void>()
  #timer: NodeJS.Timeout | null = null

  over(cleared: Cleared, isCut: () => boolean): Cleared {
    const ending = new AbortController()
    const follow = () => ending.abort(cleared.barred.reason)
    if (cleared.barred.aborted) follow()
    else cleared.barred.addEventListener('abort', follow, { once: true })
    const look = () => {
      if (isCut()) ending.abort(elpisError('egress_cut'))
    }
    this.#looks.add(look)
    this.#timer ??= setInterval(() => this.#look(), everyMilliseconds).unref()
    return {
      level: cleared.level,
      barred: ending.signal,
      release: () => {
        this.#looks.delete(look)
        cleared.barred.removeEventListener('abort', follow)
        cleared.release()
      },
    }
  }

  #look(): void {
    for (const look of this.#looks) look()
    if (this.#looks.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}
