import { atEndOfTurn } from '../core/end-of-turn.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** More than one, so that the database has work while the replies of the last batch are on their way. */
const flightsAtOnce = 2

/**
 * Writes many small things as few large ones: what comes while batches are under way goes out with the next. A batch that
 * fails fails for all of its items.
 *
 * @param write gives the results in the order of the items
 * @param most items of a batch
 */
export function gathered<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  most: number,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let flights = 0
  let planned = false

  async function fly(): Promise<void> {
    planned = false
    while (waiting.length > 0 && flights < flightsAtOnce) {
      const batch = waiting.splice(0, most)
      flights++
      try {
        const results = await write(batch.map(({ item }) => item))
        for (const [place, waiter] of batch.entries()) waiter.resolve(results[place] as Result)
      } catch (error) {
        for (const waiter of batch) waiter.reject(error)
      } finally {
        flights--
      }
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (planned || flights >= flightsAtOnce) return
      planned = true
      // What else comes in this turn goes along.
      atEndOfTurn(() => void fly())
    })
}
