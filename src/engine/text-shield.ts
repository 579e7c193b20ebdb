/**
 * Keeps special tokens in people's text from becoming control tokens. Before a conversation is rendered, characters
 * of it that could be part of a control token are covered: each is replaced by a private-use character that occurs
 * nowhere. Whatever control token is found in the rendering is then the template's own, and a stretch between two of
 * those with a covered character in it is given to the tokenizer as plain text. As a stretch without control tokens
 * gives the same tokens either way, covering more than needed changes nothing.
 *
 * There are two covers. The thin one covers what is or could complete a control token as the text stands, and leaves
 * everything else for the template to look at (`<think>` in an answer, say). The thick one covers every character that
 * any control token begins or ends with: nothing that a template does to a text, such as cutting a piece out of its
 * middle, can then make a control token of it. `chat-prompt.ts` takes the thick one when the two disagree.
 */
import type { Segment } from './protocol.ts'
import { TokenTrie } from './token-trie.ts'

/** For the control tokens of one model. */
export class TextShield {
  readonly #tokens: readonly string[]
  readonly #forwards: TokenTrie
  /** Of the tokens reversed, to look at how texts begin. */
  readonly #backwards: TokenTrie
  readonly #edges: ReadonlySet<string>

  constructor(controlTokens: readonly string[]) {
    this.#tokens = controlTokens.filter((token) => token !== '')
    this.#forwards = new TokenTrie(this.#tokens)
    this.#backwards = new TokenTrie(this.#tokens.map(reversed))
    this.#edges = new Set(this.#tokens.flatMap((token) => [token.charAt(0), token.charAt(token.length - 1)]))
  }

  /** Covers for the texts of one conversation. */
  covers(texts: readonly string[]): Covers {
    return new Covers(this, [...texts, ...this.#tokens])
  }

  /** Where the thin cover lies on `text`. */
  thinPlaces(text: string): ReadonlySet<number> {
    const places = new Set<number>()
    for (let index = 0; index < text.length; index++) {
      if (this.#forwards.begins(text.charAt(index)) && this.#forwards.longestAt(text, index) > 0)
        places.add(index)
    }
    // Templates trim what they are given: both forms may come to lie beside something else.
    for (const [from, to] of [
      [0, text.length],
      [text.length - text.trimStart().length, text.trimEnd().length],
    ] as const) {
      const standing = text.slice(from, to)
      for (const place of this.#bordersOf(standing)) places.add(from + place)
    }
    return places
  }

  #bordersOf(text: string): number[] {
    const places: number[] = []
    if (text === '') return places
    const reach = this.#forwards.longest - 1
    for (let index = Math.max(0, text.length - reach); index < text.length; index++) {
      if (this.#forwards.breaksOffAt(text, index)) places.push(index)
    }
    const beginning = reversed(text.slice(0, reach))
    for (let index = 0; index < beginning.length; index++) {
      // The end of a token, begun by what stands before: its last character is the one to cover.
      if (this.#backwards.breaksOffAt(beginning, index)) places.push(beginning.length - 1 - index)
    }
    if (text.length < this.#forwards.longest && this.#tokens.some((token) => token.includes(text)))
      places.push(0)
    return places
  }

  /** The control tokens in `text`, as the tokenizer finds them: the longest one at each place. */
  *tokensIn(text: string): Generator<{ readonly at: number; readonly token: string }> {
    for (let index = 0; index < text.length; index++) {
      if (!this.#forwards.begins(text.charAt(index))) continue
      const length = this.#forwards.longestAt(text, index)
      if (length === 0) continue
      yield { at: index, token: text.slice(index, index + length) }
      index += length - 1
    }
  }

  isEdge(letter: string): boolean {
    return this.#edges.has(letter)
  }
}

/** The covers of one conversation, and how to take them off again. */
export class Covers {
  readonly #shield: TextShield
  readonly #free: Iterator<string>
  readonly #covers = new Map<string, string>()
  readonly #originals = new Map<string, string>()

  constructor(shield: TextShield, texts: readonly string[]) {
    this.#shield = shield
    this.#free = unusedIn(texts)
  }

  /** @throws {NoCoverLeft} */
  thin(text: string, shield = this.#shield): string {
    const places = shield.thinPlaces(text)
    return places.size === 0 ? text : this.#coverWhere(text, (_, place) => places.has(place))
  }

  /** @throws {NoCoverLeft} */
  thick(text: string, shield = this.#shield): string {
    return this.#coverWhere(this.thin(text, shield), (letter) => shield.isEdge(letter))
  }

  #coverWhere(text: string, isCovered: (letter: string, place: number) => boolean): string {
    let covered = ''
    let done = 0
    for (let place = 0; place < text.length; place++) {
      const letter = text.charAt(place)
      if (!isCovered(letter, place)) continue
      covered += text.slice(done, place) + this.#coverFor(letter)
      done = place + 1
    }
    return covered + text.slice(done)
  }

  #coverFor(letter: string): string {
    const known = this.#covers.get(letter)
    if (known !== undefined) return known
    const { value: cover, done } = this.#free.next()
    if (done === true) throw new NoCoverLeft('The texts leave no private-use character free.')
    this.#covers.set(letter, cover)
    this.#originals.set(cover, letter)
    return cover
  }

  /** A rendering of covered texts as the tokenizer should read it. Joined, the segments are the uncovered text. */
  segments(rendered: string): Segment[] {
    const segments: Segment[] = []
    const add = (text: string, control: boolean) => {
      const last = segments.at(-1)
      if (text === '') return
      if (last?.control === control) segments[segments.length - 1] = { text: last.text + text, control }
      else segments.push({ text, control })
    }
    const addStretch = (stretch: string) => {
      const uncovered = this.#uncover(stretch)
      add(uncovered, uncovered === stretch)
    }
    let done = 0
    for (const { at, token } of this.#shield.tokensIn(rendered)) {
      addStretch(rendered.slice(done, at))
      add(token, true)
      done = at + token.length
    }
    addStretch(rendered.slice(done))
    return segments
  }

  #uncover(text: string): string {
    if (this.#originals.size === 0) return text
    return text.replaceAll(privateUse, (letter) => this.#originals.get(letter) ?? letter)
  }
}

/** Somebody wrote a text with all 6,400 private-use characters in it. */
export class NoCoverLeft extends Error {}

const privateUse = /[\uE000-\uF8FF]/g

function* unusedIn(texts: readonly string[]): Generator<string, undefined> {
  const used = new Set(texts.flatMap((text) => text.match(privateUse) ?? []))
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const letter = String.fromCharCode(code)
    if (!used.has(letter)) yield letter
  }
}

function reversed(text: string): string {
  let backwards = ''
  for (let index = text.length - 1; index >= 0; index--) backwards += text.charAt(index)
  return backwards
}
