/**
 * SimHash over pairs of words (Charikar, 2002): texts that are alike differ in few of its 64 bits. It says nothing of the
 * text itself, so campaigns of many near variants are found without keeping what was said.
 */
import { fold } from '../normalise/fold.ts'

/** 16 hex digits. */
export function fingerprintOf(text: string): string {
  const words = fold(text.slice(0, 8000)).text.match(/[\p{L}\p{N}]+/gu) ?? []
  const weights = new Int32Array(64)
  for (let index = 0; index < words.length; index++) {
    const [high, low] = hash(`${words[index]} ${words[index + 1] ?? ''}`)
    for (let bit = 0; bit < 32; bit++) {
      weights[bit] = (weights[bit] ?? 0) + ((high >>> bit) & 1 ? 1 : -1)
      weights[bit + 32] = (weights[bit + 32] ?? 0) + ((low >>> bit) & 1 ? 1 : -1)
    }
  }
  let digits = ''
  for (let nibble = 0; nibble < 16; nibble++) {
    let value = 0
    for (let bit = 0; bit < 4; bit++) if ((weights[nibble * 4 + bit] ?? 0) > 0) value |= 1 << bit
    digits += value.toString(16)
  }
  return digits
}

/** In how many of 64 bits two fingerprints differ. @public */
export function distance(left: string, right: string): number {
  const half = (digits: string, from: number) => Number.parseInt(digits.slice(from, from + 8), 16)
  return ones(half(left, 0) ^ half(right, 0)) + ones(half(left, 8) ^ half(right, 8))
}

/** How many of 32 bits are set (Warren, Hacker's Delight, 5-1). */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** FNV-1a, twice with other beginnings. */
function hash(text: string): [number, number] {
  let high = 0x811c9dc5
  let low = 0x9dc5811c
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x01000193 + 0x2c)
  }
  return [mixed(high), mixed(low)]
}

/** The low bits of FNV hardly depend on the first letters. */
function mixed(value: number): number {
  let mixing = value ^ (value >>> 16)
  mixing = Math.imul(mixing, 0x85ebca6b)
  mixing ^= mixing >>> 13
  mixing = Math.imul(mixing, 0xc2b2ae35)
  return mixing ^ (mixing >>> 16)
}
