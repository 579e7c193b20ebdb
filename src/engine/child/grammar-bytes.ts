/** Texts and ranges of characters as trees over the bytes of UTF-8. */

export interface ByteTree {
  /** In order, without overlap. */
  readonly branches: readonly { readonly low: number; readonly high: number; readonly tree: ByteTree }[]
  /** A text may end here. */
  readonly ends: boolean
}

const leaf: ByteTree = { branches: [], ends: true }

interface Growing {
  readonly next: Map<number, Growing>
  ends: boolean
}

/**
 * The UTF-8 bytes of all texts as one tree, in which equal beginnings are one path; `ends` marks where a text is
 * whole.
 */
export function literalTree(texts: readonly string[]): ByteTree {
  const root: Growing = { next: new Map(), ends: false }
  for (const text of texts) {
    let place = root
    for (const byte of Buffer.from(text, 'utf8')) {
      let next = place.next.get(byte)
      if (next === undefined) place.next.set(byte, (next = { next: new Map(), ends: false }))
      place = next
    }
    place.ends = true
  }
  return grown(root)
}

/** From the leaves up, for a text may be long. */
function grown(root: Growing): ByteTree {
  const order: Growing[] = []
  const stack = [root]
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    order.push(place)
    stack.push(...place.next.values())
  }
  const made = new Map<Growing, ByteTree>()
  for (const place of order.toReversed()) {
    const branches = [...place.next]
      .map(([byte, next]) => ({ low: byte, high: byte, tree: made.get(next)! }))
      .toSorted((one, other) => one.low - other.low)
    made.set(place, branches.length === 0 && place.ends ? leaf : { branches, ends: place.ends })
  }
  return made.get(root)!
}

/** First and last code point of those that take so many bytes (RFC 3629); surrogates are none. */
const lengths = [
  [0, 0x7f],
  [0x80, 0x7ff],
  [0x800, 0xd7ff],
  [0xe000, 0xffff],
  [0x1_0000, 0x10_ffff],
] as const

/**
 * The UTF-8 bytes of all characters in `ranges`, which are code points with both ends included; surrogates are left
 * out.
 */
export function byteTree(ranges: readonly (readonly [number, number])[]): ByteTree {
  const sequences = ranges.flatMap(([first, last]) =>
    lengths.flatMap(([low, high]) => {
      const [from, to] = [Math.max(first, low), Math.min(last, high)]
      return from > to ? [] : split(utf8(from), utf8(to))
    }),
  )
  return merged(sequences)
}

type Bytes = readonly number[]
type ByteRanges = readonly (readonly [number, number])[]

function utf8(code: number): Bytes {
  return [...Buffer.from(String.fromCodePoint(code), 'utf8')]
}

/** Texts of the same length between two, as sequences of ranges of bytes. */
function split(from: Bytes, to: Bytes): ByteRanges[] {
  const [first, last] = [from[0]!, to[0]!]
  if (from.length === 1) return [[[first, last]]]
  const [fromRest, toRest] = [from.slice(1), to.slice(1)]
  const under = (byte: readonly [number, number], rests: ByteRanges[]) => rests.map((rest) => [byte, ...rest])
  if (first === last) return under([first, first], split(fromRest, toRest))
  const lowest = fromRest.map(() => 0x80)
  const highest = fromRest.map(() => 0xbf)
  const startsWhole = fromRest.every((byte) => byte === 0x80)
  const endsWhole = toRest.every((byte) => byte === 0xbf)
  const low = startsWhole ? first : first + 1
  const high = endsWhole ? last : last - 1
  return [
    ...(startsWhole ? [] : under([first, first], split(fromRest, highest))),
    ...(low > high ? [] : under([low, high], split(lowest, highest))),
    ...(endsWhole ? [] : under([last, last], split(lowest, toRest))),
  ]
}

/** One tree of sequences of ranges, which may begin alike or overlap. */
function merged(sequences: readonly ByteRanges[]): ByteTree {
  if (sequences.length === 0) return { branches: [], ends: false }
  if (sequences.some((ranges) => ranges.length === 0)) return leaf
  const borders = new Set<number>()
  for (const [head] of sequences) borders.add(head![0]).add(head![1] + 1)
  const cuts = [...borders].toSorted((one, other) => one - other)
  const branches: { low: number; high: number; tree: ByteTree }[] = []
  let key: string | null = null
  for (const [index, low] of cuts.entries()) {
    const through = sequences.filter(([head]) => head![0] <= low && low <= head![1])
    if (through.length === 0) {
      key = null
      continue
    }
    const rests = through.map((ranges) => ranges.slice(1))
    const high = cuts[index + 1]! - 1
    const last = branches.at(-1)
    const before: string | null = key
    key = JSON.stringify(rests)
    if (before === key && last !== undefined) last.high = high
    else branches.push({ low, high, tree: merged(rests) })
  }
  return { branches, ends: false }
}
