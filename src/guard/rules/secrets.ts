/** Keys and tokens, told by the shape that their issuers give them. */
import type { Detector } from './finding.ts'

const shapes = [
  /\bAKIA[0-9A-Z]{16}\b|\bASIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36,251}\b|\bgithub_pat_[A-Za-z0-9_]{60,100}\b/,
  /\bglpat-[A-Za-z0-9_-]{20,50}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,250}/,
  /\bsk-(?:ant-|proj-|svcacct-|or-v1-)?[A-Za-z0-9_-]{20,250}/,
  /\bAIza[0-9A-Za-z_-]{35}/,
  /\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,250}\b/,
  /\bwhsec_[A-Za-z0-9+/=]{24,100}/,
  /\bnpm_[A-Za-z0-9]{36}\b/,
  /\bpypi-[A-Za-z0-9_-]{50,300}/,
  /\bhf_[A-Za-z0-9]{30,60}\b/,
  /\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}/,
  /\bdop_v1_[a-f0-9]{64}\b/,
  /\belpis-[A-Za-z0-9_-]{24,100}/,
  /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}/,
]

const token = new RegExp(shapes.map(({ source }) => source).join('|'), 'g')

const tokens: Detector = {
  name: 'secret',
  *find(text) {
    for (const match of text.matchAll(token)) yield { start: match.index, end: match.index + match[0].length }
  },
  openFrom(text) {
    const from = Math.max(0, text.length - 8000)
    const match = /[A-Za-z0-9_.+/=-]+$/.exec(text.slice(from))
    return match === null ? text.length : from + match.index
  },
}

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
/** What can still become the first line of a key. */
const beginning = /(?:-{1,5}|-----B[A-Z0-9 -]{0,60})$/

/** A key between its two lines; one without its last line goes to the end of the text. */
const privateKey: Detector = {
  name: 'private key',
  *find(text, final) {
    for (let at = 0; ;) {
      begin.lastIndex = at
      const first = begin.exec(text)
      if (first === null) return
      end.lastIndex = begin.lastIndex
      const last = end.exec(text)
      if (last === null) {
        if (final) yield { start: first.index, end: text.length }
        return
      }
      at = last.index + last[0].length
      yield { start: first.index, end: at }
    }
  },
  openFrom(text) {
    let at = 0
    for (;;) {
      begin.lastIndex = at
      const first = begin.exec(text)
      if (first === null) break
      end.lastIndex = begin.lastIndex
      const last = end.exec(text)
      if (last === null) return first.index
      at = last.index + last[0].length
    }
    const tail = Math.max(at, text.length - 80)
    const match = beginning.exec(text.slice(tail))
    return match === null ? text.length : tail + match.index
  },
}

export const secrets: readonly Detector[] = [privateKey, tokens]
