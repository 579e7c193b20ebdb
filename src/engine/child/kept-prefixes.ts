/** Declared prompts that an earlier process computed, read from its files; and those that this one computes, for a later one. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { decodePrefix, encodePrefix, type CellOrigin, type ComputedPrefix } from '../prefix-file.ts'
import { nameOfText } from '../prefix-files.ts'
import type { PrefixPlace } from '../protocol.ts'

/** Prompts that are told of in a process's life. A template that writes the time of day makes many of one. */
const mostTold = 1000
/** Fewer tokens are computed as fast as they are read. */
const leastTokens = 16

/**
 * Stands in the model's process, which may not write: `computed` hands the bytes of a file to `report`, and the
 * server's `PrefixFiles` writes them.
 */
export class KeptPrefixes {
  readonly #place: PrefixPlace
  readonly #origin: CellOrigin
  readonly #report: (text: string, file: Uint8Array) => void
  /** What lies in a file, or was told. */
  readonly #known = new Set<string>()

  /** @param report takes the file of a prompt, by the name of its text. */
  constructor(place: PrefixPlace, origin: CellOrigin, report: (text: string, file: Uint8Array) => void) {
    this.#place = place
    this.#origin = origin
    this.#report = report
  }

  /** What there is. Files that are missing, damaged or of another build are passed over. */
  *read(): Generator<ComputedPrefix> {
    for (const text of this.#place.texts) {
      const prefix = this.#decoded(text)
      if (prefix === null) continue
      this.#known.add(knownAs(text, prefix.tokens))
      yield prefix
    }
  }

  /**
   * A sequence begins with these tokens of a declared text, all computed.
   *
   * @param save copies their cells out.
   */
  computed(openText: string, tokens: Int32Array, save: () => readonly Uint8Array[]): void {
    if (tokens.length < leastTokens || this.#known.size >= mostTold) return
    const text = nameOfText(openText)
    const name = knownAs(text, tokens)
    if (this.#known.has(name) || !this.#place.texts.includes(text)) return
    this.#known.add(name)
    const file = encodePrefix({ tokens, pieces: save() }, this.#origin)
    if (file.byteLength <= this.#place.mostBytes) this.#report(text, file)
  }

  #decoded(text: string): ComputedPrefix | null {
    const path = join(this.#place.folder, text)
    try {
      const found = statSync(path)
      if (!found.isFile() || found.size > this.#place.mostBytes) return null
      return decodePrefix(readFileSync(path), this.#origin)
    } catch {
      return null
    }
  }
}

function knownAs(text: string, tokens: Int32Array): string {
  return `${text} ${createHash('sha256').update(tokens).digest('hex')}`
}
