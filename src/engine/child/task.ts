/** What the scheduler keeps of a request, from its arrival to its end. */
import type { Job } from '../protocol.ts'
import { AnswerText } from './answer-text.ts'
import { Sampler } from './sampler.ts'

/** One request. */
export interface Task {
  readonly job: Job
  readonly prompt: Int32Array
  /** Place in the order of arrival: when room is short, the youngest waits. */
  readonly order: number
  /** Most tokens of one answer: what was asked for, or what the context leaves. */
  readonly limit: number
  started: boolean
  /** The next choice that nothing was done for yet. */
  nextChoice: number
  /** Choices that have not finished. */
  readonly unfinished: Set<number>
  /** Every sequence that is lent to it; each goes back exactly once, by being taken out of here. */
  readonly sequences: Set<number>
  outputTokens: number
}

/** @param left how many tokens the context has room for after the prompt. */
export function newTask(job: Job, prompt: Int32Array, order: number, left: number): Task {
  return {
    job,
    prompt,
    order,
    limit: Math.min(job.maxTokens ?? left, left),
    started: false,
    nextChoice: 0,
    unfinished: new Set(Array.from({ length: job.choices }, (_, choice) => choice)),
    sequences: new Set(),
    outputTokens: 0,
  }
}

/** Tokens on their way into the cache: a prompt, or all of an answer that had to give up its room. */
export interface Prefill {
  readonly task: Task
  readonly tokens: Int32Array
  /** How many are in the cache. */
  done: number
  /** The first gets the tokens; the others will share them, one choice each. Empty while it waits. */
  sequences: readonly number[]
  /** The answer that goes on afterwards; null for a prompt. */
  readonly resumes: Answer | null
}

/** One choice of a task, being generated. */
export class Answer {
  readonly task: Task
  readonly choice: number
  readonly text: AnswerText
  readonly sampler: Sampler
  /** All tokens chosen; the last one is not in the cache yet. */
  readonly output: number[] = []
  sequence: number

  constructor(
    task: Task,
    choice: number,
    sequence: number,
    vocabularySize: number,
    suppressed: readonly number[],
  ) {
    const { sampling, stop, topLogprobs } = task.job
    this.task = task
    this.choice = choice
    this.sequence = sequence
    this.text = new AnswerText(stop, topLogprobs !== null)
    this.sampler = new Sampler(sampling, choice, vocabularySize, task.prompt, suppressed)
  }

  /** Prompt and output. */
  tokens(): Int32Array {
    const { prompt } = this.task
    const tokens = new Int32Array(prompt.length + this.output.length)
    tokens.set(prompt)
    tokens.set(this.output, prompt.length)
    return tokens
  }
}
