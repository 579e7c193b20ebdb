/** Bytes written in letters and digits: base64, base32, hex, ASCII85, binary, decimal codes. */
import { textOf } from '../legible.ts'
import { decodeMatches, type Decoder } from './decoder.ts'

export const base64: Decoder = {
  name: 'base64',
  *decode(text) {
    for (const match of text.matchAll(/(?:[A-Za-z0-9+/_-]{4,}[\r\n]{0,2}){1,}={0,2}/g)) {
      const lines = [...match[0].matchAll(/[^\r\n]+/g)]
      const whole = fromBase64(lines.join(''))
      if (whole !== null) yield { text: whole, start: match.index, end: match.index + match[0].length }
      // Lines of one code have the length of whole bytes; others may be a code each, beside what is none.
      const one = whole !== null && lines.slice(0, -1).every((line) => line[0].length % 4 === 0)
      if (one || lines.length === 1) continue
      for (const line of lines) {
        const found = fromBase64(line[0])
        const start = match.index + line.index
        if (found !== null) yield { text: found, start, end: start + line[0].length }
      }
    }
  },
}

function fromBase64(letters: string): string | null {
  if (letters.length < 12 || /^[a-z]+$|^[A-Za-z]?[a-z-]+$/.test(letters)) return null
  // What stands before it may have been glued on: it may begin one to three characters in.
  for (const skip of [0, 1, 2, 3]) {
    const found = textOf(Buffer.from(letters.slice(skip), 'base64'))
    if (found !== null) return found
  }
  return null
}

const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export const base32: Decoder = {
  name: 'base32',
  decode: (text) =>
    decodeMatches(text, /[A-Z2-7]{16,}={0,6}/g, (match) => {
      const bytes: number[] = []
      let bits = 0
      let value = 0
      for (const letter of match.replace(/=+$/, '')) {
        value = ((value << 5) | base32Letters.indexOf(letter)) & 0xfff
        bits += 5
        if (bits >= 8) {
          bits -= 8
          bytes.push((value >> bits) & 0xff)
        }
      }
      return textOf(Uint8Array.from(bytes))
    }),
}

export const hex: Decoder = {
  name: 'hex',
  decode: (text) =>
    decodeMatches(text, /(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:-]{0,2}){6,}/g, (match) => {
      const digits = match.replaceAll(/0x|\\x|[^0-9A-Fa-f]/g, '')
      return textOf(Buffer.from(digits.slice(0, digits.length & ~1), 'hex'))
    }),
}

export const ascii85: Decoder = {
  name: 'ascii85',
  decode: (text) =>
    decodeMatches(text, /(?:<~)?[!-uz]{20,}(?:~>)?/g, (match) => {
      const letters = match.replaceAll(/^<~|~>$/g, '')
      if (/^[A-Za-z0-9+/=_-]+$/.test(letters)) return null
      return textOf(fromAscii85(letters))
    }),
}

function fromAscii85(letters: string): Uint8Array {
  const bytes: number[] = []
  let group: number[] = []
  const flush = () => {
    const missing = 5 - group.length
    let value = 0
    for (const digit of [...group, ...Array.from({ length: missing }, () => 84)]) value = value * 85 + digit
    const four = [value / 0x1_00_00_00, value / 0x1_00_00, value / 0x1_00, value].map(
      (it) => Math.floor(it) & 0xff,
    )
    bytes.push(...four.slice(0, 4 - missing))
    group = []
  }
  for (const letter of letters) {
    if (letter === 'z' && group.length === 0) bytes.push(0, 0, 0, 0)
    else group.push(letter.charCodeAt(0) - 33)
    if (group.length === 5) flush()
  }
  if (group.length > 1) flush()
  return Uint8Array.from(bytes)
}

export const binary: Decoder = {
  name: 'binary',
  decode: (text) =>
    decodeMatches(text, /(?:[01]{7,8}[ ,]?){3,}/g, (match) => {
      const spaced = match.trim().split(/[ ,]+/)
      const groups = spaced.length > 1 ? spaced : (match.match(/[01]{8}/g) ?? [])
      return textOf(Uint8Array.from(groups.map((bits) => Number.parseInt(bits, 2) & 0xff)))
    }),
}

export const decimalCodes: Decoder = {
  name: 'character codes',
  decode: (text) =>
    decodeMatches(text, /(?:\b\d{2,3}[ ,]{1,2}){5,}\d{2,3}\b/g, (match) => {
      const codes = match.split(/[ ,]+/).map(Number)
      if (codes.some((code) => code > 255)) return null
      return textOf(Uint8Array.from(codes))
    }),
}
