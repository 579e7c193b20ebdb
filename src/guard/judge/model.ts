/** The judge's model: a passage in, calibrated scores out. It computes where it is called; `judge.ts` gives it threads. */
import { hazards, type Hazard, type Scores } from '../../core/verdict.ts'
import { calibrated } from '../models/calibration.ts'
import { WeightsFile } from '../models/weights-file.ts'
import type { Passage } from '../scores.ts'
import { Encoder, pooledWidth, sequenceOf, sharedEncoder, type SharedEncoder } from './encoder.ts'
import { Unigram } from './unigram.ts'

const verdicts = ['prompt_harm', 'response_harm', 'attack'] as const
const names = Object.keys(hazards) as Hazard[]
const outputs = verdicts.length + names.length
const [promptHarm, responseHarm, attack] = [0, 1, 2] as const
/** Pieces of a text that are read at once, how many of a question beside its answer, and how far a window goes back. */
const [window, context, overlap] = [126, 64, 32]
/** Most pieces of a text that is judged at once; whoever has more gives it in passages. */
const mostPieces = 8192

/** What the heads say of a window, before calibration: verdicts, then hazards. */
export interface Logits {
  readonly glance: Float64Array
  readonly last: Float64Array
}

/** All that a thread needs to judge, as threads hand it to each other; the weights of the encoder are not copied. */
export interface SharedJudge {
  readonly encoder: SharedEncoder
  /** One piece a line, in UTF-8. */
  readonly vocabulary: Uint8Array
  readonly scores: Float64Array
  readonly glance: HeadWeights
  readonly last: HeadWeights
  /** Of each verdict the chance at a glance below which it is sure that a window is harmless. */
  readonly clear: Float32Array
}

/** @throws when the weights are missing or broken. */
export function loadJudge(
  threads = 1,
  weights = new URL('../models/judge.safetensors', import.meta.url),
): SharedJudge {
  const file = new WeightsFile(weights)
  // A copy: a part of the file would take the whole file along to another thread.
  const vocabulary = new Uint8Array(file.bytes('vocabulary'))
  const lines = vocabulary.reduce((count, byte) => count + Number(byte === 10), 1)
  return {
    encoder: sharedEncoder(file, threads),
    vocabulary,
    scores: file.tensor('vocabulary.scores', 'F64', [lines]),
    glance: headOf(file, 'glance'),
    last: headOf(file, 'head'),
    clear: file.tensor('glance.clear', 'F32', [verdicts.length]),
  }
}

/** Scores are calibrated, from 0 to 1. Long texts are read in windows, of which each score's highest counts. */
export class JudgeModel {
  readonly #encoder: Encoder
  readonly #vocabulary: Unigram
  readonly #glance: Head
  readonly #last: Head
  readonly #clear: Float32Array

  /** @param thread which of the threads that `shared` was loaded for. */
  constructor(shared: SharedJudge = loadJudge(), thread = 0) {
    const pieces = Buffer.from(shared.vocabulary).toString('utf8').split('\n')
    this.#vocabulary = new Unigram(pieces, shared.scores)
    this.#encoder = new Encoder(shared.encoder, thread)
    this.#glance = new Head(shared.glance)
    this.#last = new Head(shared.last)
    this.#clear = shared.clear
  }

  /** Of each score the highest over all windows of what is judged. Throws when the passage is too long. */
  score({ prompt, response }: Passage): Scores {
    const chances = new Float64Array(outputs)
    const harm = response === null ? promptHarm : responseHarm
    for (const [tokens, border] of this.#windows(prompt, response)) {
      const found = this.#chances(tokens, border, harm)
      for (let at = 0; at < outputs; at++) chances[at] = Math.max(chances[at] ?? 0, found[at] ?? 0)
    }
    return {
      harm: chances[harm] ?? 0,
      attack: chances[attack] ?? 0,
      hazards: Object.fromEntries(names.map((name, at) => [name, chances[verdicts.length + at] ?? 0])),
    }
  }

  /** What both heads say of a passage's first window. */
  logits(prompt: string, response: string | null): Logits {
    const [first] = this.#windows(prompt, response)
    if (first === undefined) throw new Error('no window')
    const glance = this.#glance.logits(this.#encoder.glance(...first))
    return { glance, last: this.#last.logits(this.#encoder.finish()) }
  }

  /** Most of what people write is plainly harmless, and half of the layers see it. */
  #chances(tokens: readonly number[], border: number, harm: number): Float64Array {
    const seen = this.#glance.chances(this.#encoder.glance(tokens, border))
    const isClear = (at: number) => (seen[at] ?? 1) < (this.#clear[at] ?? 0)
    const clear = isClear(harm) && isClear(attack)
    return clear ? seen : this.#last.chances(this.#encoder.finish())
  }

  *#windows(prompt: string, response: string | null): Generator<[tokens: number[], border: number]> {
    const asked = this.#pieces(prompt)
    if (response === null) {
      for (const piece of windowsOf(asked)) yield sequenceOf(piece, null)
      return
    }
    const question =
      asked.length <= context ? asked : [...asked.slice(0, context / 2), ...asked.slice(-context / 2)]
    for (const piece of windowsOf(this.#pieces(response))) yield sequenceOf(question, piece)
  }

  #pieces(text: string): number[] {
    const pieces = this.#vocabulary.encode(text, mostPieces + 1)
    if (pieces.length > mostPieces) throw new Error('the passage is too long to be judged at once')
    return pieces
  }
}

interface HeadWeights {
  readonly weights: Float32Array
  readonly bias: Float32Array
  readonly calibration: Float32Array
}

function headOf(file: WeightsFile, name: 'glance' | 'head'): HeadWeights {
  return {
    weights: file.tensor(`${name}.weight`, 'F32', [outputs, pooledWidth]),
    bias: file.tensor(`${name}.bias`, 'F32', [outputs]),
    calibration: file.tensor(`${name}.calibration`, 'F32', [outputs, 2]),
  }
}

/** Linear heads over a pooled vector, each output with its calibration. */
class Head {
  readonly #weights: Float32Array
  readonly #bias: Float32Array
  readonly #calibration: Float32Array

  constructor({ weights, bias, calibration }: HeadWeights) {
    this.#weights = weights
    this.#bias = bias
    this.#calibration = calibration
  }

  logits(pooled: Float32Array): Float64Array {
    const logits = Float64Array.from(this.#bias)
    for (let output = 0; output < outputs; output++) {
      let sum = 0
      for (let at = 0; at < pooledWidth; at++)
        sum += (pooled[at] ?? 0) * (this.#weights[output * pooledWidth + at] ?? 0)
      logits[output] = (logits[output] ?? 0) + sum
    }
    return logits
  }

  chances(pooled: Float32Array): Float64Array {
    return this.logits(pooled).map((logit, at) =>
      calibrated(logit, [this.#calibration[2 * at] ?? 1, this.#calibration[2 * at + 1] ?? 0]),
    )
  }
}

function* windowsOf(pieces: readonly number[]): Generator<readonly number[]> {
  for (let begin = 0; begin === 0 || begin + overlap < pieces.length; begin += window - overlap)
    yield pieces.slice(begin, begin + window)
}
