/** How many rows one statement takes: few sizes, so that few statements are prepared. */
const sizes = [64, 8, 1] as const

/** `rows` in order, in pieces of 64, 8 and 1. */
export function* inPieces<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  let begin = 0
  for (const size of sizes) {
    for (; rows.length - begin >= size; begin += size) yield rows.slice(begin, begin + size)
  }
}
