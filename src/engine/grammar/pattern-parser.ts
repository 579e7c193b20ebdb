/**
 * Reads the regular part of ECMAScript's regular expressions (ECMA-262, 22.2.1, as with the flag `u`). What no automaton
 * can do, such as looking back, is refused by name. Time is linear in the pattern.
 */
import { everyCharacter, without } from './json-text.ts'
import type { Ranges } from './rules.ts'

export type Pattern =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number | null }

/** One of the alternatives of a whole pattern, and which of its ends are bound to the ends of the text. */
export interface Alternative {
  readonly pattern: Pattern
  readonly atStart: boolean
  readonly atEnd: boolean
}

/** Why a pattern is not read. */
export class UnreadablePattern extends Error {}

const mostNesting = 50
const mostLength = 10_000
const mostCount = 10_000

const one = (letter: string): readonly [number, number] => [letter.codePointAt(0)!, letter.codePointAt(0)!]
const digits: Ranges = [[0x30, 0x39]]
const word: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const spaces: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const lineEnds: Ranges = [one('\n'), one('\r'), [0x2028, 0x2029]]
const classes: Readonly<Record<string, Ranges>> = {
  d: digits,
  w: word,
  s: spaces,
  D: without(everyCharacter, digits),
  W: without(everyCharacter, word),
  S: without(everyCharacter, spaces),
}
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', v: '\v', f: '\f', r: '\r', '0': '\0' }
/** Letters that may be escaped though they need not be. */
const punctuation = /^[!-/:-@[-`{-~]$/

/**
 * The alternatives of a pattern, without slashes or flags.
 *
 * @throws UnreadablePattern when the pattern is too long, wrong, or more than an automaton can do
 */
export function parsePattern(source: string): readonly Alternative[] {
  if (source.length > mostLength) throw new UnreadablePattern(`is longer than ${mostLength} characters`)
  return new Parser(source).whole()
}

class Parser {
  readonly #letters: readonly string[]
  #at = 0
  #nesting = 0

  constructor(source: string) {
    this.#letters = Array.from(source)
  }

  whole(): Alternative[] {
    const alternatives = [this.#alternative()]
    while (this.#take('|')) alternatives.push(this.#alternative())
    if (this.#peek() === ')') throw new UnreadablePattern('has a ")" that closes nothing')
    return alternatives
  }

  #alternative(): Alternative {
    const atStart = this.#take('^')
    const pattern = this.#sequence()
    const atEnd = this.#take('$')
    const next = this.#peek()
    if (next !== undefined && next !== '|' && next !== ')') {
      throw new UnreadablePattern('may have "^" and "$" only at the ends of its outermost alternatives')
    }
    return { pattern, atStart, atEnd }
  }

  #sequence(): Pattern {
    const parts: Pattern[] = []
    for (let next = this.#peek(); next !== undefined && !'|)$'.includes(next); next = this.#peek()) {
      parts.push(this.#quantified(this.#atom()))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  #atom(): Pattern {
    const letter = this.#next()
    switch (letter) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'set', ranges: this.#class() }
      case '.':
        return { kind: 'set', ranges: without(everyCharacter, lineEnds) }
      case '\\':
        return { kind: 'set', ranges: this.#escape(false) }
      case '^':
        throw new UnreadablePattern('may have "^" and "$" only at the ends of its outermost alternatives')
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw new UnreadablePattern(`has a "${letter}" where nothing can be meant by it; write "\\${letter}"`)
      default:
        return { kind: 'set', ranges: [one(letter)] }
    }
  }

  #group(): Pattern {
    if (++this.#nesting > mostNesting) throw new UnreadablePattern(`is nested deeper than ${mostNesting}`)
    if (this.#take('?')) this.#groupKind()
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    if (!this.#take(')')) {
      throw new UnreadablePattern(
        this.#peek() === '$'
          ? 'may have "^" and "$" only at the ends of its outermost alternatives'
          : 'has a "(" that is never closed',
      )
    }
    this.#nesting--
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #groupKind(): void {
    if (this.#take(':')) return
    if (!this.#take('<'))
      throw new UnreadablePattern('looks ahead or has flags in a group ("(?"), which is not supported')
    if (this.#peek() === '=' || this.#peek() === '!')
      throw new UnreadablePattern('looks behind, which is not supported')
    let name = ''
    while (!this.#take('>')) name += this.#next()
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
      throw new UnreadablePattern('has a group with a wrong name')
  }

  #quantified(part: Pattern): Pattern {
    const bounds = this.#bounds()
    if (bounds === null) return part
    // Lazy or greedy: the same texts fit.
    this.#take('?')
    if ('*+?{'.includes(this.#peek() ?? ' ')) throw new UnreadablePattern('repeats a repetition')
    return { kind: 'repeat', part, ...bounds }
  }

  #bounds(): { readonly least: number; readonly most: number | null } | null {
    if (this.#take('*')) return { least: 0, most: null }
    if (this.#take('+')) return { least: 1, most: null }
    if (this.#take('?')) return { least: 0, most: 1 }
    if (!this.#take('{')) return null
    const least = this.#number()
    const most = this.#take(',') ? (this.#peek() === '}' ? null : this.#number()) : least
    if (!this.#take('}')) throw new UnreadablePattern('has a "{" that is not closed')
    if (most !== null && most < least)
      throw new UnreadablePattern(`repeats {${least},${most}}, the wrong way round`)
    return { least, most }
  }

  #number(): number {
    let text = ''
    while (/^\d$/.test(this.#peek() ?? '')) text += this.#next()
    if (text === '' || Number(text) > mostCount) {
      throw new UnreadablePattern(`must repeat by numbers up to ${mostCount} between "{" and "}"`)
    }
    return Number(text)
  }

  #class(): Ranges {
    const negated = this.#take('^')
    const ranges: (readonly [number, number])[] = []
    while (!this.#take(']')) {
      const first = this.#classPart()
      if (this.#peek() !== '-' || this.#letters[this.#at + 1] === ']') {
        ranges.push(...first)
        continue
      }
      this.#next()
      ranges.push(between(first, this.#classPart()))
    }
    return negated ? without(everyCharacter, ranges) : ranges
  }

  #classPart(): Ranges {
    const letter = this.#next()
    return letter === '\\' ? this.#escape(true) : [one(letter)]
  }

  #escape(inClass: boolean): Ranges {
    const letter = this.#next()
    const known = classes[letter]
    if (known !== undefined) return known
    if (/^[1-9]$/.test(letter) || letter === 'k')
      throw new UnreadablePattern('refers back to a group, which is not supported')
    if (letter === 'p' || letter === 'P')
      throw new UnreadablePattern('asks for a Unicode property (\\p), which is not supported')
    if (letter === 'b' && inClass) return [one('\b')]
    if (letter === 'b' || letter === 'B')
      throw new UnreadablePattern('asks for the border of a word (\\b), which is not supported')
    const control = controls[letter]
    if (control !== undefined) return [one(control)]
    if (letter === 'x') return this.#code(2)
    if (letter === 'u') return this.#unicode()
    if (letter === 'c')
      return [[this.#next().charCodeAt(0) % 32, this.#letters[this.#at - 1]!.charCodeAt(0) % 32]]
    if (!punctuation.test(letter))
      throw new UnreadablePattern(`has an escape that means nothing: "\\${letter}"`)
    return [one(letter)]
  }

  #unicode(): Ranges {
    if (!this.#take('{')) return this.#code(4)
    let text = ''
    while (!this.#take('}')) text += this.#next()
    const code = /^[0-9a-f]{1,6}$/i.test(text) ? parseInt(text, 16) : Infinity
    if (code > 0x10_ffff) throw new UnreadablePattern('has a \\u{…} that is no character')
    return [[code, code]]
  }

  #code(length: number): Ranges {
    const text = Array.from({ length }, () => this.#next()).join('')
    if (!/^[0-9a-f]+$/i.test(text))
      throw new UnreadablePattern('has an escape that means nothing: "\\x" or "\\u"')
    const code = parseInt(text, 16)
    if (code >= 0xd800 && code <= 0xdfff) {
      throw new UnreadablePattern('has half of a surrogate pair; write \\u{…}')
    }
    return [[code, code]]
  }

  #peek(): string | undefined {
    return this.#letters[this.#at]
  }

  #next(): string {
    const letter = this.#letters[this.#at++]
    if (letter === undefined) throw new UnreadablePattern('breaks off')
    return letter
  }

  #take(letter: string): boolean {
    if (this.#letters[this.#at] !== letter) return false
    this.#at++
    return true
  }
}

function between(first: Ranges, last: Ranges): readonly [number, number] {
  const low = first[0]?.[0]
  const high = last[0]?.[0]
  const single = first.length === 1 && last.length === 1 && low === first[0]![1] && high === last[0]![1]
  if (!single || low === undefined || high === undefined || high < low) {
    throw new UnreadablePattern('has a range in [ ] that goes from nothing to nothing')
  }
  return [low, high]
}
