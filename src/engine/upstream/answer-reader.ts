import { randomBytes } from 'node:crypto'
import type { FinishReason, Part } from '../../core/part.ts'
import type { EngineRequest } from '../../core/request.ts'
import { answerEvent, type ChoiceDelta, type ToolCallDelta, type UsageReport } from './event-schema.ts'
import { logprobsOf } from './logprobs.ts'
import { UsageCount } from './usage-count.ts'
import { WholeCharacters } from './whole-characters.ts'

interface ChoiceState {
  finished: boolean
  readonly text: WholeCharacters
  readonly thought: WholeCharacters
  readonly calls: WholeCharacters
  /** Calls begun; the last of them goes on. */
  begun: number
  /** The upstream's own index of the call that goes on. */
  current: number | null
}

/** Turns the events of one streamed answer into parts, and notices what no answer may hold. */
export class AnswerReader {
  readonly #request: EngineRequest
  readonly #push: (part: Part) => void
  readonly #count: UsageCount
  readonly #choices: readonly ChoiceState[]
  #started = false
  #done = false

  constructor(request: EngineRequest, push: (part: Part) => void) {
    this.#request = request
    this.#push = push
    this.#count = new UsageCount(request)
    this.#choices = Array.from({ length: request.choices }, () => ({
      finished: false,
      text: new WholeCharacters(),
      thought: new WholeCharacters(),
      calls: new WholeCharacters(),
      begun: 0,
      current: null,
    }))
  }

  /** The upstream said that it is done. */
  get done(): boolean {
    return this.#done
  }

  /** What the upstream said of its tokens cannot be. */
  get lied(): boolean {
    return this.#count.lied
  }

  /** @returns what is wrong with the event, null when nothing is */
  take(data: string): string | null {
    if (this.#done) return null
    if (data === '[DONE]') {
      this.#done = true
      return null
    }
    const event = eventIn(data)
    if (event === null) return 'an event of its answer is not as the protocol says'
    if (event.error != null) {
      return `it broke off: ${typeof event.error === 'string' ? event.error : event.error.message}`
    }
    if (event.usage != null) this.#count.hear(event.usage)
    this.#start(event.usage ?? null)
    for (const choice of event.choices ?? []) {
      const problem = this.#takeChoice(choice, event.usage ?? null)
      if (problem !== null) return problem
    }
    return this.#count.endless ? 'it did not stop talking' : null
  }

  /** The last words. @returns what is wrong with an answer that ends here, null when it is whole */
  end(): string | null {
    if (!this.#choices.every(({ finished }) => finished)) return 'its answer was cut off'
    this.#push({ type: 'usage', usage: this.#count.usage() })
    return null
  }

  #start(usage: UsageReport | null): void {
    if (this.#started) return
    this.#started = true
    const promptTokens = usage?.prompt_tokens ?? this.#count.promptEstimate
    this.#push({
      type: 'start',
      promptTokens,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
    })
  }

  #takeChoice(choice: ChoiceDelta, usage: UsageReport | null): string | null {
    const { delta, finish_reason: reason } = choice
    const index = choice.index ?? 0
    const state = this.#choices[index]
    if (state === undefined) return 'it answers what was not asked for'
    if (state.finished) return null
    const thought = delta?.reasoning_content ?? delta?.reasoning ?? ''
    const text = choice.text ?? delta?.content ?? delta?.refusal ?? ''
    const { topLogprobs } = this.#request
    const logprobs = topLogprobs === null ? null : logprobsOf(choice.logprobs, topLogprobs)
    const tokens = this.#count.tokensOf(index, usage)
    if (thought !== '') {
      const whole = state.thought.take(thought)
      this.#count.said(thought, tokens, true)
      this.#push({ type: 'reasoning-delta', choice: index, text: whole, tokens, logprobs: null })
    }
    if (text !== '' || (logprobs !== null && thought === '')) {
      this.#count.said(text, tokens, false)
      this.#push({ type: 'text-delta', choice: index, text: state.text.take(text), tokens, logprobs })
    }
    for (const call of delta?.tool_calls ?? []) {
      const problem = this.#takeCall(index, state, call, tokens)
      if (problem !== null) return problem
    }
    if (reason != null) return this.#finish(index, state, reason, choice.stop_reason)
    return null
  }

  #takeCall(
    choice: number,
    state: ChoiceState,
    { index, id, function: said }: ToolCallDelta,
    tokens: number,
  ) {
    // Servers that leave the index out send each call whole.
    const theirs = index ?? state.begun
    if (theirs !== state.current) {
      if (theirs < (state.current ?? 0) || said?.name == null || said.name === '')
        return 'its tool calls are not as the protocol says'
      state.current = theirs
      const call = state.begun++
      this.#push({ type: 'tool-call-start', choice, call, id: id || newCallId(), name: said.name })
    }
    const text = said?.arguments ?? ''
    if (text === '') return null
    this.#count.said(text, tokens, false)
    const call = state.begun - 1
    this.#push({ type: 'tool-call-delta', choice, call, arguments: state.calls.take(text), tokens })
    return null
  }

  #finish(choice: number, state: ChoiceState, reason: string, stopped: unknown): string | null {
    if (reason === 'abort' || reason === 'error') return `it broke off (${reason})`
    state.finished = true
    const met = typeof stopped === 'string' && this.#request.stop.includes(stopped) ? stopped : null
    this.#push({
      type: 'finish',
      choice,
      reason: reasons.get(reason) ?? 'stop',
      ...(met === null ? {} : { stopString: met }),
    })
    return null
  }
}

/** All others are variants of `stop`. */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
])

function eventIn(data: string) {
  try {
    return answerEvent.safeParse(JSON.parse(data)).data ?? null
  } catch {
    return null
  }
}

function newCallId(): string {
  return `call_${randomBytes(12).toString('hex')}`
}
