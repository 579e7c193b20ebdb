/** Rows read at a time: the store must not be busy with this alone. */
export const pageRows = 10_000

/** A page of what the store keeps. */
export interface Page {
  /** Whether there may be another one after it. */
  readonly more: boolean
}

export interface ReadAheadParts<Read extends Page> {
  /** The page after this one; the first when it is null. */
  readonly ask: (after: Read | null) => Promise<Read>
  readonly take: (page: Read) => void
  /** Grows with every change that this process makes to what it reads; left out where `take` undoes none. */
  readonly changes?: () => number
}

/**
 * Takes in page after page, each of which the store reads while the one before is taken in. A page that was asked for
 * before a change was made here is asked for again: taken in after it, it would undo the change.
 */
export async function readAhead<Read extends Page>({
  ask,
  take,
  changes = () => 0,
}: ReadAheadParts<Read>): Promise<void> {
  const asked = (after: Read | null) => ({ after, changes: changes(), page: ask(after) })
  for (let reading = asked(null); ;) {
    const page = await reading.page
    if (reading.changes !== changes()) {
      reading = asked(reading.after)
      continue
    }
    const next = page.more ? asked(page) : null
    take(page)
    if (next === null) return
    reading = next
  }
}
