/** What is made of an answer's hidden states as they come: scores of a probe, or means to train one on. */
import type { ProbeScores } from '../../core/part.ts'
import type { Probe, ProbeHead, StateReading } from '../protocol.ts'

/** Of one choice. The first state is the prompt's, each that follows belongs to the next token of the answer. */
export interface AnswerStates {
  /** @param state valid until the next step only */
  see(state: Float32Array): void
  /** Null when there is no probe. */
  readonly scores: ProbeScores | null
  /** Null when none are kept. */
  readonly kept: readonly Float32Array[] | null
}

/** Tokens whose mean is scored: what a single token's state says is mostly noise. */
export const stateWindow = 16
/** Fewer tokens say nothing of an answer. */
const fewest = 8
/** Lower than all that is scored. */
const nothing = Number.NEGATIVE_INFINITY

/** Where the hidden states of one answer go: scored when there is a probe, else kept to train one on. */
export function newStates({ probe }: StateReading): AnswerStates {
  return probe === null ? new KeptStates() : new ProbedStates(probe)
}

/**
 * Scores one answer by a linear probe. The first state is the prompt's; of the answer, the highest mean logit over up
 * to `stateWindow` tokens counts, and fewer than 8 give no score. A state that is not a number makes the score NaN,
 * which the guard must not take for harmless.
 */
export class ProbedStates implements AnswerStates {
  readonly kept = null
  readonly #probe: Probe
  /** Logits of the last tokens. */
  readonly #recent: number[] = []
  /** Null until the prompt was seen. */
  #prompt: number | null = null
  #worst: number = nothing

  constructor(probe: Probe) {
    this.#probe = probe
  }

  see(state: Float32Array): void {
    const { prompt, response } = this.#probe
    if (this.#prompt === null) {
      this.#prompt = logitOf(state, prompt)
      return
    }
    if (response === null) return
    this.#recent.push(logitOf(state, response))
    if (this.#recent.length > stateWindow) this.#recent.shift()
    if (this.#recent.length < fewest) return
    const mean = this.#recent.reduce((sum, logit) => sum + logit, 0) / this.#recent.length
    // What is no number stays so: it must not pass as harmless.
    if (Number.isNaN(this.#worst) || mean <= this.#worst) return
    this.#worst = mean
  }

  get scores(): ProbeScores {
    return {
      prompt: probability(this.#prompt ?? Number.NaN),
      answer: this.#worst === nothing ? null : probability(this.#worst),
    }
  }
}

class KeptStates implements AnswerStates {
  readonly scores = null
  readonly kept: Float32Array[] = []
  #count = 0

  see(state: Float32Array): void {
    if (this.kept.length === 0) {
      this.kept.push(Float32Array.from(state))
      return
    }
    const place = this.#count++ % stateWindow
    if (place === 0) this.kept.push(new Float32Array(state.length))
    const mean = this.kept.at(-1)!
    for (let index = 0; index < mean.length; index++)
      mean[index]! += (state[index]! - mean[index]!) / (place + 1)
  }
}

function logitOf(state: Float32Array, { weights, bias }: ProbeHead): number {
  let sum = bias
  for (let index = 0; index < weights.length; index++) sum += weights[index]! * state[index]!
  return sum
}

function probability(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
