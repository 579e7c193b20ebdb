import * as fc from 'fast-check'

const surrogates = 0xe000 - 0xd800

/** Every code point but the halves of pairs. */
const character = fc.integer({ min: 0, max: 0x10ffff - surrogates }).map(
  (number) => String.fromCodePoint(number < 0xd800 ? number : number + surrogates),
  (text) => {
    const point = typeof text === 'string' ? text.codePointAt(0) : undefined
    if (point === undefined || text !== String.fromCodePoint(point)) throw new Error('not one character')
    if (point >= 0xd800 && point < 0xe000) throw new Error('half a pair')
    return point < 0xd800 ? point : point - surrogates
  },
)

/**
 * Any text of whole characters, up to `maxLength` of them (fast-check's own size is ten, whatever the maximum): what its
 * `unit: 'binary'` gives, without its table of all 1.1 million, which takes over a second to build in each process.
 */
export function anyText({ maxLength = 40 }: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: character, maxLength, size: 'max' })
}
