/**
 * Lists of words and phrases, found however they are written: in any case, with look-alikes, digits for letters, signs
 * or nothing between the letters. One pass of an Aho–Corasick automaton over letters and digits, whatever the length of
 * the list (Aho and Corasick, 1975).
 */
import { unleet } from '../../core/leet.ts'
import { fold } from '../normalise/fold.ts'
import type { Detector, Span } from './finding.ts'

interface Node {
  readonly next: Map<string, number>
  fail: number
  readonly depth: number
  /** Lengths of the phrases that end here, longest first. */
  ends: number[]
}

/** Letters and digits of a text, each with where it stands in the source. */
interface Skeleton {
  readonly letters: string[]
  readonly starts: number[]
  readonly ends: number[]
}

/** A detector for `phrases`; `name` stands in what it finds. The automaton is built once, here. */
export function keywords(name: string, phrases: readonly string[]): Detector {
  const spellings = phrases.map((phrase) => ({ letters: skeletonOf(phrase).letters, parts: partsOf(phrase) }))
  const nodes = automatonOf(spellings.map(({ letters }) => letters))
  const partsByLetters = new Map(spellings.map(({ letters, parts }) => [letters.join(''), parts]))

  /** Visits the states after each letter; `visit` gets the state and the index of the letter. */
  const walk = ({ letters }: Skeleton, visit: (state: Node, index: number) => void): number => {
    let state = 0
    for (const [index, letter] of letters.entries()) {
      state = step(nodes, state, letter)
      visit(nodes[state] as Node, index)
    }
    return state
  }

  return {
    name,
    find(text, final) {
      const skeleton = skeletonOf(text)
      const found: Span[] = []
      walk(skeleton, ({ ends }, index) => {
        for (const length of ends) {
          const first = index - length + 1
          const span = { start: skeleton.starts[first] ?? 0, end: skeleton.ends[index] ?? 0 }
          const atEnd = index === skeleton.letters.length - 1
          if (!final && atEnd && span.end === text.length) continue
          if (!standsAlone(text, span)) continue
          const parts = partsByLetters.get(skeleton.letters.slice(first, index + 1).join('')) ?? []
          if (isWritten(skeleton, first, index, text, parts)) found.push(span)
        }
      })
      return found
    },
    openFrom(text) {
      const skeleton = skeletonOf(text)
      for (let state = walk(skeleton, () => {}); state !== 0; state = (nodes[state] as Node).fail) {
        const { depth } = nodes[state] as Node
        const start = skeleton.starts[skeleton.letters.length - depth] ?? text.length
        if (standsAlone(text, { start, end: text.length })) return start
      }
      return text.length
    },
  }
}

/** Letters and digits as they read, without everything between them. */
function skeletonOf(text: string): Skeleton {
  const { text: folded, from } = fold(text)
  const skeleton: Skeleton = { letters: [], starts: [], ends: [] }
  let unit = 0
  for (const character of folded) {
    const letter = unleet(character)
    if (/[\p{L}\p{N}]/u.test(letter)) {
      skeleton.letters.push(letter)
      skeleton.starts.push(from[unit] ?? 0)
      skeleton.ends.push(endOf(from, unit + character.length, text.length))
    }
    unit += character.length
  }
  return skeleton
}

/** The first offset behind the source character that the folded unit before `unit` came from. */
function endOf(from: Uint32Array, unit: number, length: number): number {
  const start = from[unit - 1] ?? 0
  let next = unit
  while (next < from.length && from[next] === start) next++
  return from[next] ?? length
}

/** Lengths of the words of a phrase in letters. */
function partsOf(phrase: string): number[] {
  return phrase
    .split(/[^\p{L}\p{N}\p{M}@$!|€+]+/u)
    .map((word) => skeletonOf(word).letters.length)
    .filter((length) => length > 0)
}

/** No letter or digit touches it: "class" does not hold "ass". Scripts without spaces have no such border. */
function standsAlone(text: string, { start, end }: Span): boolean {
  const before = text.slice(Math.max(0, start - 2), start)
  const after = text.slice(end, end + 2)
  const first = text.slice(start, start + 2)
  const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
  if (unspaced.test(first)) return true
  return !/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after)
}

/**
 * Whether it stands there as this phrase: its words apart or together, or its letters pulled apart. "The rapist" is not
 * "therapist".
 */
function isWritten(
  { starts, ends }: Skeleton,
  first: number,
  last: number,
  text: string,
  parts: readonly number[],
): boolean {
  const borders = new Set<number>()
  let letters = 0
  for (const part of parts) borders.add((letters += part))
  let gaps = 0
  let strange = 0
  for (let index = first; index < last; index++) {
    const between = text.slice(ends[index] ?? 0, starts[index + 1] ?? 0)
    if (between === '' || !/[^\p{Cf}\p{M}]/u.test(between)) continue
    gaps++
    // Far apart is not one phrase.
    if (between.length > 12) return false
    if (!borders.has(index - first + 1)) strange++
  }
  return strange === 0 || gaps + 1 >= (last - first + 1) * 0.6
}

function automatonOf(words: readonly (readonly string[])[]): Node[] {
  const nodes: Node[] = [{ next: new Map(), fail: 0, depth: 0, ends: [] }]
  for (const letters of words) {
    if (letters.length === 0) continue
    let state = 0
    for (const letter of letters) {
      const node = nodes[state] as Node
      let next = node.next.get(letter)
      if (next === undefined) {
        next = nodes.push({ next: new Map(), fail: 0, depth: node.depth + 1, ends: [] }) - 1
        node.next.set(letter, next)
      }
      state = next
    }
    ;(nodes[state] as Node).ends = [letters.length]
  }
  const queue = [...(nodes[0] as Node).next.values()]
  for (const state of queue) {
    const node = nodes[state] as Node
    for (const [letter, next] of node.next) {
      const child = nodes[next] as Node
      child.fail = step(nodes, node.fail, letter)
      child.ends = [...child.ends, ...(nodes[child.fail] as Node).ends]
      queue.push(next)
    }
  }
  return nodes
}

function step(nodes: readonly Node[], from: number, letter: string): number {
  for (let state = from; ; state = (nodes[state] as Node).fail) {
    const next = (nodes[state] as Node).next.get(letter)
    if (next !== undefined) return next
    if (state === 0) return 0
  }
}
