/** Text in which some others never stand (Aho and Corasick, 1975), as states over bytes. */

export interface UntilRange {
  readonly low: number
  readonly high: number
  /** Index of the state that any of these bytes leads to. */
  readonly state: number
}

/** From each state, which bytes lead where: those that would complete a text lead nowhere. Null when no text may come. */
export function untilStates(texts: readonly string[]): readonly (readonly UntilRange[])[] | null {
  if (texts.includes('')) return null
  const next: Int32Array[] = [new Int32Array(256).fill(-1)]
  const complete: boolean[] = [false]
  for (const text of texts) {
    let state = 0
    for (const byte of Buffer.from(text, 'utf8')) {
      if (next[state]![byte] === -1) {
        next[state]![byte] = next.push(new Int32Array(256).fill(-1)) - 1
        complete.push(false)
      }
      state = next[state]![byte]!
    }
    complete[state] = true
  }
  fillGaps(next, complete)
  return next.map((row) => rangesOf(row, complete))
}

/** By breadth: where a text does not go on, the longest end of what was read that begins a text does. */
function fillGaps(next: readonly Int32Array[], complete: boolean[]): void {
  const fallback = new Int32Array(next.length)
  const queue = [0]
  for (const state of queue) {
    if (complete[fallback[state]!] === true) complete[state] = true
    for (let byte = 0; byte < 256; byte++) {
      const target = next[state]![byte]!
      const other = state === 0 ? 0 : next[fallback[state]!]![byte]!
      if (target === -1) {
        next[state]![byte] = other
      } else {
        fallback[target] = other
        queue.push(target)
      }
    }
  }
}

function rangesOf(row: Int32Array, complete: readonly boolean[]): UntilRange[] {
  const ranges: { low: number; high: number; state: number }[] = []
  for (let byte = 0; byte < 256; byte++) {
    const state = row[byte]!
    if (complete[state] === true) continue
    const last = ranges.at(-1)
    if (last?.state === state && last.high === byte - 1) last.high = byte
    else ranges.push({ low: byte, high: byte, state })
  }
  return ranges
}
