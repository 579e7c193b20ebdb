/** The judge's model: a passage in, calibrated scores out. It computes where it is called; `judge.ts` gives it a thread. */
import { hazards, type Hazard, type Scores } from '../../core/verdict.ts'
import { calibrated, type Calibration } from '../models/calibration.ts'
import { WeightsFile } from '../models/weights-file.ts'
import type { Passage } from '../scores.ts'
import { Encoder, pooledWidth, sequenceOf } from './encoder.ts'
import { Unigram } from './unigram.ts'

const verdicts = ['prompt_harm', 'response_harm', 'attack'] as const
const names = Object.keys(hazards) as Hazard[]
const outputs = verdicts.length + names.length
/** Pieces of a text that are read at once, how many of a question beside its answer, and how far a window goes back. */
const [window, context, overlap] = [126, 64, 32]
/** Most pieces of a text that is judged at once; whoever has more gives it in passages. */
const mostPieces = 8192

export class JudgeModel {
  readonly #encoder: Encoder
  readonly #vocabulary: Unigram
  readonly #weights: Float32Array
  readonly #bias: Float32Array
  readonly #calibration: readonly Calibration[]

  /** @throws when the weights are missing or broken. */
  constructor(weights = new URL('../models/judge.safetensors', import.meta.url)) {
    const file = new WeightsFile(weights)
    const pieces = file.bytes('vocabulary').toString('utf8').split('\n')
    this.#vocabulary = new Unigram(pieces, file.tensor('vocabulary.scores', 'F64', [pieces.length]))
    this.#encoder = new Encoder(file)
    this.#weights = file.tensor('head.weight', 'F32', [outputs, pooledWidth])
    this.#bias = file.tensor('head.bias', 'F32', [outputs])
    const pairs = file.tensor('calibration', 'F32', [outputs, 2])
    this.#calibration = Array.from({ length: outputs }, (_, at) => [
      pairs[2 * at] ?? 1,
      pairs[2 * at + 1] ?? 0,
    ])
  }

  /** Of each score the highest over all windows of what is judged. Throws when the passage is too long. */
  score({ prompt, response }: Passage): Scores {
    const chances = new Float64Array(outputs)
    for (const logits of this.#windows(prompt, response))
      for (const [at, logit] of logits.entries())
        chances[at] = Math.max(chances[at] ?? 0, calibrated(logit, this.#calibration[at]))
    const chance = (name: (typeof verdicts)[number]): number => chances[verdicts.indexOf(name)] ?? 0
    return {
      harm: chance(response === null ? 'prompt_harm' : 'response_harm'),
      attack: chance('attack'),
      hazards: Object.fromEntries(names.map((name, at) => [name, chances[verdicts.length + at] ?? 0])),
    }
  }

  /** What the heads say of a passage's first window, before calibration: verdicts, then hazards. */
  logits(prompt: string, response: string | null): Float64Array {
    const [first] = this.#windows(prompt, response)
    if (first === undefined) throw new Error('no window')
    return first
  }

  *#windows(prompt: string, response: string | null): Generator<Float64Array> {
    const asked = this.#pieces(prompt)
    if (response === null) {
      for (const piece of windowsOf(asked)) yield this.#heads(...sequenceOf(piece, null))
      return
    }
    const question =
      asked.length <= context ? asked : [...asked.slice(0, context / 2), ...asked.slice(-context / 2)]
    for (const piece of windowsOf(this.#pieces(response))) yield this.#heads(...sequenceOf(question, piece))
  }

  #pieces(text: string): number[] {
    const pieces = this.#vocabulary.encode(text, mostPieces + 1)
    if (pieces.length > mostPieces) throw new Error('the passage is too long to be judged at once')
    return pieces
  }

  #heads(tokens: readonly number[], border: number): Float64Array {
    const pooled = this.#encoder.encode(tokens, border)
    const logits = Float64Array.from(this.#bias)
    for (let output = 0; output < outputs; output++) {
      let sum = 0
      for (let at = 0; at < pooledWidth; at++)
        sum += (pooled[at] ?? 0) * (this.#weights[output * pooledWidth + at] ?? 0)
      logits[output] = (logits[output] ?? 0) + sum
    }
    return logits
  }
}

function* windowsOf(pieces: readonly number[]): Generator<readonly number[]> {
  for (let begin = 0; begin === 0 || begin + overlap < pieces.length; begin += window - overlap)
    yield pieces.slice(begin, begin + window)
}
