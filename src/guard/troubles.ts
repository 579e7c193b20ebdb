import type { Clock } from '../core/clock.ts'
import { RecentMap } from '../core/recent-map.ts'
import { ElpisError } from '../errors.ts'
import { Unavailable } from './cascade/cascade.ts'

/** A layer that could not judge. */
export interface Trouble {
  readonly layer: string
  /** Holds no word of what was to be judged. */
  readonly reason: string
  /** How often, since it was last told of. */
  readonly times: number
}

interface TroublesParts {
  readonly clock: Clock
  /** Told of every one. */
  readonly onCount: (layer: string) => void
  /** Told at once of what is new, and once a minute of what goes on. */
  readonly onTold: (trouble: Trouble) => void
}

const everyMilliseconds = 60_000
/** Layers and reasons are few. */
const mostKnown = 64

interface Known extends Trouble {
  readonly at: number
  readonly toldAt: number
}

/** What could not be judged of late, and why: a guard that is down blocks everything, and somebody must learn of what. */
export class Troubles {
  readonly #parts: TroublesParts
  /** By layer and reason. */
  readonly #known = new RecentMap<string, Known>(mostKnown)

  constructor(parts: TroublesParts) {
    this.#parts = parts
  }

  note(layer: string, error: unknown): void {
    const { clock, onCount, onTold } = this.#parts
    const at = clock.now()
    const reason = reasonOf(error)
    // Reasons that differ in a number are one.
    const name = `${layer} ${reason.replaceAll(/\d+/g, '0')}`
    const before = this.#known.peek(name)
    const times = (before?.times ?? 0) + 1
    const tells = before === undefined || at - before.toldAt >= everyMilliseconds
    this.#known.set(name, { layer, reason, at, toldAt: tells ? at : before.toldAt, times: tells ? 0 : times })
    onCount(layer)
    if (tells) onTold({ layer, reason, times })
  }

  /** What could not judge within the last minute. */
  lately(): Pick<Known, 'layer' | 'reason' | 'at'>[] {
    const since = this.#parts.clock.now() - everyMilliseconds
    return [...this.#known.values()]
      .filter(({ at }) => at > since)
      .map(({ layer, reason, at }) => ({ layer, reason, at }))
  }
}

/** Our own messages say nothing of what was judged; those of others may quote it, so that only their kind is told. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unavailable) {
    return error.cause === undefined ? error.reason : `${error.reason}: ${reasonOf(error.cause)}`
  }
  if (error instanceof ElpisError) return error.code
  if (!(error instanceof Error)) return 'unknown'
  if (error.constructor === Error) return error.message
  return [error.name, codeOf(error), codeOf(error.cause)].filter((word) => word !== null).join(' ')
}

/** Such as `ECONNREFUSED`. */
function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && /^[A-Z_\d]{1,40}$/.test(code) ? code : null
}
