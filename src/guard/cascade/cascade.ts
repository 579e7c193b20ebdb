import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Scores } from '../../core/verdict.ts'
import type { Scorer, Turn } from '../scores.ts'
import type { Piece } from './pieces.ts'

/** The layers that score, from the cheapest to the dearest; null where there is none. */
export interface Layers {
  readonly screen: Scorer | null
  readonly judge: Scorer | null
  readonly guardModel: Scorer | null
}

/** Which scores are worth another layer; from the policies that hold. */
export interface CascadeBounds {
  /** Whether a score for attack is worth another layer. */
  readonly attacks: boolean
  readonly clear: number
  readonly certain: number
  readonly act: number
  readonly unsure: number
}

export interface Scored {
  readonly scores: Scores
  /** The layer whose word the highest score is. */
  readonly layer: string
  /** What scored highest. */
  readonly piece: Piece | null
}

/** Nothing can judge: no layer is there, one threw, or one took too long. */
export class Unavailable extends Error {
  readonly layer: string
  readonly reason: string
  constructor(layer: string, reason: string, cause?: unknown) {
    super(`${layer}: ${reason}`, cause === undefined ? undefined : { cause })
    this.layer = layer
    this.reason = reason
  }
}

const bounds = {
  /** Pieces of one text that go on to the judge, those of the highest scores first. */
  judged: 24,
  modelled: 4,
  /** Milliseconds of scoring after which others get their turn. */
  turn: 8,
}

/**
 * Decides which layer to pay for: the screen reads everything; what it is unsure of goes to the judge; what is unsure
 * still, or grave, to the guard model, where one is configured.
 */
export class Cascade {
  readonly #layers: Layers
  readonly #patience: number

  /** @param patience milliseconds that one layer may take over one piece */
  constructor(layers: Layers, patience: number) {
    this.#layers = layers
    this.#patience = patience
  }

  get ready(): boolean {
    return Object.values(this.#layers).some((layer) => layer !== null)
  }

  /** @throws Unavailable, never anything else */
  async score(pieces: readonly Piece[], limits: CascadeBounds, turn: Turn): Promise<Scored> {
    const { screen, judge, guardModel } = this.#layers
    const first = screen ?? judge ?? guardModel
    if (first === null) throw new Unavailable('guard', 'there are no weights')
    let ranked = rank(await this.#all(first, pieces, turn))
    if (first === screen && judge !== null)
      ranked = await this.#ask(judge, ranked, { most: bounds.judged, limits, worth: isOpen, turn })
    if (first !== guardModel && guardModel !== null) {
      ranked = await this.#ask(guardModel, ranked, {
        most: bounds.modelled,
        limits,
        worth: isUnsureOrGrave,
        turn,
      })
    }
    const [top] = ranked
    if (top === undefined)
      return { scores: { harm: 0, attack: 0, hazards: {} }, layer: first.name, piece: null }
    const attack = ranked.reduce((most, { scores }) => Math.max(most, scores.attack), 0)
    return { scores: { ...top.scores, attack }, layer: top.layer, piece: top.piece }
  }

  /** How grave the screen finds each of some prompts; 0 where there is no screen, or it fails. Never throws. */
  async screened(prompts: readonly string[], turn: Turn): Promise<readonly number[]> {
    const { screen } = this.#layers
    if (screen === null) return prompts.map(() => 0)
    const pieces = prompts.map((prompt): Piece => ({
      passage: { prompt, response: null },
      view: 'text',
      start: 0,
      end: prompt.length,
    }))
    try {
      return (await this.#all(screen, pieces, turn)).map(({ scores }) => gravity(scores))
    } catch {
      return prompts.map(() => 0)
    }
  }

  /** Has `layer` score anew those of the first `most` that `worth` says yes to. */
  async #ask(
    layer: Scorer,
    ranked: readonly Result[],
    { most, limits, worth, turn }: Asking,
  ): Promise<Result[]> {
    const open = ranked.filter(({ scores }) => worth(scores, limits)).slice(0, most)
    if (open.length === 0) return [...ranked]
    const asked = new Set(open)
    const again = await this.#all(
      layer,
      open.map(({ piece }) => piece),
      turn,
    )
    return rank([...again, ...ranked.filter((result) => !asked.has(result))])
  }

  async #all(layer: Scorer, pieces: readonly Piece[], turn: Turn): Promise<Result[]> {
    const results: Result[] = []
    let begun = performance.now()
    for (const piece of pieces) {
      const scores = await this.#one(layer, piece, turn)
      results.push({ scores, layer: layer.name, piece })
      if (performance.now() - begun > bounds.turn) {
        await nextTurn()
        begun = performance.now()
      }
    }
    return results
  }

  async #one(layer: Scorer, { passage }: Piece, turn: Turn): Promise<Scores> {
    let scores: Scores
    try {
      const given = layer.score(passage, turn)
      scores = given instanceof Promise ? await within(this.#patience, given) : given
    } catch (error) {
      throw new Unavailable(layer.name, 'it failed', error)
    }
    // A score that is no number would compare as harmless.
    if (!isScore(scores.harm) || !isScore(scores.attack) || !Object.values(scores.hazards).every(isScore)) {
      throw new Unavailable(layer.name, 'its scores are no numbers')
    }
    return scores
  }
}

/** Which pieces a layer is asked about, for whom. */
interface Asking {
  readonly most: number
  readonly limits: CascadeBounds
  readonly worth: (scores: Scores, limits: CascadeBounds) => boolean
  readonly turn: Turn
}

interface Result {
  readonly scores: Scores
  readonly layer: string
  readonly piece: Piece
}

function rank(results: readonly Result[]): Result[] {
  return results.toSorted((left, right) => gravity(right.scores) - gravity(left.scores))
}

function gravity({ harm, attack }: Scores): number {
  return Math.max(harm, attack / 2)
}

function isOpen({ harm, attack }: Scores, { clear, certain, attacks }: CascadeBounds): boolean {
  return (harm > clear && harm < certain) || (attacks && attack > clear)
}

function isUnsureOrGrave({ harm, hazards }: Scores, { act, unsure }: CascadeBounds): boolean {
  return Math.abs(harm - act) <= unsure || Math.max(hazards.S4 ?? 0, hazards.S9 ?? 0) >= 0.5
}

function isScore(score: number): boolean {
  return score >= 0 && score <= 1
}

function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
