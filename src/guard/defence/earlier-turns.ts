import { RecentMap } from '../../core/recent-map.ts'

interface Said {
  readonly at: number
  readonly text: string
}

const bounds = { subjects: 5000, texts: 4, milliseconds: 10 * 60_000 }

/**
 * What somebody asked in their last few requests, so that harm that is split over them is read together. In memory, for
 * ten minutes, of each text its excerpt (see `excerptOf`); what was blocked is not among it.
 */
export class EarlierTurns {
  readonly #said = new RecentMap<string, Said[]>(bounds.subjects)

  /** What was asked before, oldest first; null when there is nothing. */
  before(subject: string, now: number): string | null {
    const texts = (this.#said.peek(subject) ?? []).filter(({ at }) => now - at <= bounds.milliseconds)
    return texts.length === 0 ? null : texts.map(({ text }) => text).join('\n')
  }

  note(subject: string, said: Said): void {
    const texts = (this.#said.peek(subject) ?? []).filter(({ at }) => said.at - at <= bounds.milliseconds)
    this.#said.set(subject, [...texts, said].slice(-bounds.texts))
  }
}
