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
  /** Grows with every change of this process to the rows that are read; left out where `take` cannot undo a change. */
  readonly changes?: () => number
}

/**
 * Takes in page after page; while `take` works on one page, the store reads the next. A page is asked for again when this
 * process made a change in the meantime: the page was read before the change, and would undo it.
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
