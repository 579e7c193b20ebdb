/** The first layer: a linear model over hashed words and runs of characters, in less than a millisecond a page. */
import type { Scores } from '../../core/verdict.ts'
import { calibrated, type Calibration } from '../models/calibration.ts'
import { WeightsFile } from '../models/weights-file.ts'
import type { Passage, Scorer } from '../scores.ts'
import { Features, folded, places } from './features.ts'

const heads = ['prompt_harm', 'response_harm', 'attack'] as const
/** Code units that are scored at once, and how far the next piece goes back: harm in a long text is not thinned out. */
const [window, overlap] = [600, 100]

/**
 * The model of `src/guard/models/screen.safetensors`. It knows no hazards: what it finds suspicious is for the judge.
 *
 * @throws when the weights are missing or broken.
 */
export class Screen implements Scorer {
  readonly name = 'screen'
  readonly #features = new Features()
  readonly #weights: Int8Array
  readonly #scales: Float32Array
  readonly #bias: Float32Array
  readonly #calibration: readonly Calibration[]

  constructor(weights = new URL('../models/screen.safetensors', import.meta.url)) {
    const file = new WeightsFile(weights)
    this.#weights = file.tensor('weights', 'I8', [places, heads.length])
    this.#scales = file.tensor('scales', 'F32', [heads.length])
    this.#bias = file.tensor('bias', 'F32', [heads.length])
    const pairs = file.tensor('calibration', 'F32', [heads.length, 2])
    this.#calibration = heads.map((_, head) => [pairs[2 * head] ?? 0, pairs[2 * head + 1] ?? 0])
  }

  score({ prompt, response }: Passage): Scores {
    const logits = this.logits(response ?? prompt)
    const harm = calibrated(
      logits[response === null ? 0 : 1] ?? 0,
      this.#calibration[response === null ? 0 : 1],
    )
    const attack = calibrated(logits[2] ?? 0, this.#calibration[2])
    return { harm, attack, hazards: {} }
  }

  /** Of each head the highest over all windows of a text. */
  logits(text: string): Float64Array {
    const whole = folded(text)
    const highest = new Float64Array(heads.length).fill(-Infinity)
    for (let begin = 0; begin === 0 || begin + overlap < whole.length; begin += window - overlap) {
      const piece = this.#piece(whole.slice(begin, begin + window))
      for (const head of heads.keys()) highest[head] = Math.max(highest[head] ?? 0, piece[head] ?? 0)
    }
    return highest
  }

  #piece(text: string): number[] {
    const weights = this.#weights
    let [prompt, response, attack] = [0, 0, 0]
    const count = this.#features.each(text, (place) => {
      const at = place * heads.length
      prompt += weights[at] ?? 0
      response += weights[at + 1] ?? 0
      attack += weights[at + 2] ?? 0
    })
    const length = Math.sqrt(Math.max(count, 1))
    return [prompt, response, attack].map(
      (sum, head) => (sum * (this.#scales[head] ?? 0)) / length + (this.#bias[head] ?? 0),
    )
  }
}
