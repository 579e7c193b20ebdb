/** What the scheduler keeps of a request, from its arrival to its end. */
import type { Job } from '../protocol.ts'
import { newThoughtBudget, noMarks, type TokenMarks } from './answer-marks.ts'
import { AnswerText } from './answer-text.ts'
import type { DraftTrust } from './draft-trust.ts'
import { GrammarGuide } from './grammar-guide.ts'
import type { PromptLookup } from './prompt-lookup.ts'
import { Sampler } from './sampler.ts'
import { RecordedAnswer } from './recorded-answer.ts'
import type { Origin, Sequence } from './sequence-cache.ts'
import type { AnswerStates } from './state-reading.ts'
import type { ThoughtBudget } from './thought-budget.ts'
import type { TokenGrammar } from './token-grammar.ts'

/** One request. */
export interface Task {
  readonly job: Job
  readonly prompt: Int32Array
  readonly marks: TokenMarks
  /** Null when any text will do. */
  readonly grammar: TokenGrammar | null
  readonly origin: Origin
  /** Place in the order of arrival: when room is short, the youngest waits. */
  readonly order: number
  /** Most tokens of one answer: what was asked for, or what the context leaves. */
  readonly limit: number
  started: boolean
  /** Tokens of the prompt that were in the cache when it began. */
  cachedTokens: number
  /** The next choice that nothing was done for yet. */
  nextChoice: number
  /** Choices that have not finished. */
  readonly unfinished: Set<number>
  /** Every sequence that is lent to it; each goes back exactly once, by being taken out of here. */
  readonly sequences: Set<Sequence>
  outputTokens: number
}

/**
 * @param left how many tokens the context has room for after the prompt.
 * @param openTokens see `Origin`.
 */
export function newTask(
  job: Job,
  prompt: Int32Array,
  openTokens: number,
  order: number,
  left: number,
  marks: TokenMarks = noMarks,
  grammar: TokenGrammar | null = null,
): Task {
  return {
    job,
    prompt,
    marks,
    grammar,
    origin: { adapter: job.adapter, scope: job.cacheScope, openTokens },
    order,
    limit: Math.min(job.recorded?.tokens.length ?? job.maxTokens ?? left, left),
    started: false,
    cachedTokens: 0,
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
  /** Gets the tokens; null while it waits. */
  sequence: Sequence | null
  /** How many choices will begin with them, each in a sequence of its own; 0 while it waits. */
  places: number
  /** The answer that goes on afterwards; null for a prompt. */
  readonly resumes: Answer | null
}

/** How many of its tokens are in the cache. */
export function doneOf({ sequence }: Prefill): number {
  return sequence?.length ?? 0
}

/** How many of an answer's tokens are in the cache between two steps: all but the last one. */
export function cellsOf(answer: Answer): number {
  return answer.length - 1
}

/** One choice of a task, being generated. */
export class Answer {
  readonly task: Task
  readonly choice: number
  readonly text: AnswerText
  readonly sampler: Sampler
  /** Null when thoughts may take as long as they like. */
  readonly thought: ThoughtBudget | null
  /** Null when any text will do. */
  readonly guide: GrammarGuide | null
  /** All tokens chosen; the last one is not in the cache yet. */
  readonly output: number[] = []
  sequence: Sequence
  /** What was said when it was first computed; null when this is the first time. */
  readonly recorded: RecordedAnswer | null
  /** Undefined when its hidden states are not read. */
  readonly states: AnswerStates | undefined
  /** Made when there is a use for drafts. */
  lookup: PromptLookup | null = null
  /** How far drafts of the draft model are believed. */
  modelTrust: DraftTrust | null = null

  constructor(
    task: Task,
    choice: number,
    sequence: Sequence,
    vocabularySize: number,
    suppressed: readonly number[],
    states?: AnswerStates,
  ) {
    const { sampling, stop, topLogprobs, recorded } = task.job
    this.recorded = recorded === undefined ? null : new RecordedAnswer(recorded.tokens)
    this.task = task
    this.choice = choice
    this.states = states
    this.sequence = sequence
    this.thought = newThoughtBudget(task.marks)
    this.guide = task.grammar === null ? null : new GrammarGuide(task.grammar)
    this.text = new AnswerText(stop, topLogprobs !== null)
    this.sampler = new Sampler(sampling, recorded?.choice ?? choice, vocabularySize, task.prompt, suppressed)
  }

  /** Tokens of prompt and output. */
  get length(): number {
    return this.task.prompt.length + this.output.length
  }

  /** Prompt and output. */
  tokens(): Int32Array {
    const { prompt } = this.task
    const tokens = new Int32Array(this.length)
    tokens.set(prompt)
    tokens.set(this.output, prompt.length)
    return tokens
  }
}
