import type { Clock as TimeSource } from '../../core/clock.ts'
import { nextClock, type Clock, type Incident, type IncidentStore } from './incident.ts'
import { regimes } from './regimes.ts'

const hour = 3_600_000
const everyMilliseconds = 60_000
const mostOpen = 1000

/** What is told before a clock runs out, and once when it has. */
export interface Reminder {
  readonly incident: Incident
  readonly clock: Clock
  /** Milliseconds; negative when it is overdue. */
  readonly left: number
}

export interface RemindersParts {
  readonly store: IncidentStore
  readonly clock: TimeSource
  readonly tell: (reminder: Reminder) => void
  /** Told at every look how many are open, and what of each regime is left at least, in milliseconds. */
  readonly standing: (open: number, left: ReadonlyMap<string, number>) => void
  readonly onTrouble: (error: unknown) => void
}

/** Time left at which somebody is reminded, from the first to the last. */
function marksOf({ regime }: Clock): readonly number[] {
  const { within } = regimes[regime]
  return [within / 2, 24 * hour, 6 * hour, hour, 0].filter((mark, index) => index === 0 || mark < within / 2)
}

/** How many of the marks are behind. */
export function dueReminders(clock: Clock, now: number): number {
  return marksOf(clock).filter((mark) => clock.dueAt - now <= mark).length
}

/**
 * Looks at all clocks each minute. Who writes down that a reminder was given gives it: of several servers only one does.
 *
 * @returns a function that stops it
 */
export function startReminders(parts: RemindersParts): { look(): Promise<void>; close(): Promise<void> } {
  let running: Promise<void> | null = null
  const look = () => {
    running ??= lookOnce(parts)
      .catch(parts.onTrouble)
      .finally(() => (running = null))
    return running
  }
  void look()
  const timer = setInterval(() => void look(), everyMilliseconds)
  timer.unref()
  return {
    look,
    async close() {
      clearInterval(timer)
      await running
    },
  }
}

async function lookOnce({ store, clock, tell, standing }: RemindersParts): Promise<void> {
  const now = clock.now()
  const open = (await store.list(mostOpen)).filter(({ closedAt }) => closedAt === null)
  const left = new Map<string, number>()
  for (const incident of open) {
    for (const one of incident.clocks) {
      if (one.reportedAt !== null) continue
      left.set(one.regime, Math.min(left.get(one.regime) ?? Number.POSITIVE_INFINITY, one.dueAt - now))
    }
    await remind(incident, now, store, tell)
  }
  standing(open.length, left)
}

async function remind(
  incident: Incident,
  now: number,
  store: IncidentStore,
  tell: RemindersParts['tell'],
): Promise<void> {
  if (nextClock(incident) === null) return
  const due = incident.clocks.filter(
    (clock) => clock.reportedAt === null && dueReminders(clock, now) > clock.reminded,
  )
  if (due.length === 0) return
  const clocks = incident.clocks.map((clock) =>
    due.includes(clock) ? Object.assign({ ...clock }, { reminded: dueReminders(clock, now) }) : clock,
  )
  const won = await store.replace({ ...incident, clocks, version: incident.version + 1 }, null)
  if (won) for (const clock of due) tell({ incident, clock, left: clock.dueAt - now })
}
