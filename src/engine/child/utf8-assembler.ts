/**
 * Joins token pieces to text. A character may be split over several tokens: its bytes wait until it is whole. Bytes that
 * can never become a character are replaced by U+FFFD as the WHATWG Encoding Standard says.
 */
export class Utf8Assembler {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #pending: Uint8Array = none

  /** Whole characters that `bytes` complete. */
  push(bytes: Uint8Array): string {
    const all = this.#pending.length === 0 ? bytes : joined(this.#pending, bytes)
    const whole = all.length - incompleteTail(all)
    this.#pending = all.subarray(whole)
    return this.#decoder.decode(all.subarray(0, whole))
  }

  /** No bytes wait: a piece that is whole by itself need not be pushed. */
  get idle(): boolean {
    return this.#pending.length === 0
  }

  /** What is left when no more bytes come. */
  finish(): string {
    const rest = this.#decoder.decode(this.#pending)
    this.#pending = none
    return rest
  }
}

const none = new Uint8Array(0)

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const all = new Uint8Array(left.length + right.length)
  all.set(left)
  all.set(right, left.length)
  return all
}

/** How many bytes at the end are the beginning of a character that is not whole yet: 0 to 3. */
export function incompleteTail(bytes: Uint8Array): number {
  for (let length = 1; length <= 3 && length <= bytes.length; length++) {
    const lead = bytes[bytes.length - length]!
    if (lead < 0x80) return 0
    if (lead < 0xc0) continue
    const size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1
    return length < size && (length === 1 || secondByteFits(lead, bytes[bytes.length - length + 1]!))
      ? length
      : 0
  }
  return 0
}

/** Table 3-7 of the Unicode Standard: some lead bytes narrow what may follow (overlong forms, surrogates, range). */
function secondByteFits(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0
  if (lead === 0xed) return second < 0xa0
  if (lead === 0xf0) return second >= 0x90
  if (lead === 0xf4) return second < 0x90
  return true
}
