import type { FinishReason, Part, Usage } from '../../../core/part.ts'
import type { ElpisError } from '../../../errors.ts'
import { logprobsOf } from '../chat-wire.ts'
import type { ResponseEvent, ResponseObject } from './answer-schema.ts'
import { itemId } from './items.ts'
import { functionCallItem, messageItem, reasoningItem, type Happening, type OpenItem } from './open-item.ts'

/** What there is to tell of an answer that has begun. */
type Telling = Exclude<Part, { type: 'error' | 'loading' }>

/** An answer while it is being made: takes parts, tells of them in numbered events, and is whole after `usage`. */
export class ResponseDraft {
  readonly #suffix: string
  readonly #now: () => number
  #response: ResponseObject
  #open: OpenItem | null = null
  #reason: FinishReason = 'stop'
  #events = 0

  /** `head` is the answer as it is before it begins; `suffix` the random bits that ids of its items are made of. */
  constructor(head: ResponseObject, suffix: string, now: () => number) {
    this.#response = head
    this.#suffix = suffix
    this.#now = now
  }

  /** As far as it is. */
  get response(): ResponseObject {
    return this.#response
  }

  /** The events that one part becomes. */
  take(part: Telling): ResponseEvent[] {
    return this.#numbered(this.#happenings(part))
  }

  /** The last event of an answer that cannot be finished. */
  fail({ code, message }: ElpisError): ResponseEvent[] {
    this.#response = { ...this.#response, status: 'failed', error: { code, message } }
    return this.#numbered([{ type: 'response.failed', response: this.#response }])
  }

  #happenings(part: Telling): Happening[] {
    switch (part.type) {
      case 'start':
        return ['response.created', 'response.in_progress'].map((type) => ({
          type,
          response: this.#response,
        }))
      case 'reasoning-delta':
        return this.#add('reasoning', part.text, [])
      case 'text-delta':
        return this.#add('message', part.text, logprobsOf(part.logprobs)?.content ?? [])
      case 'tool-call-start': {
        const { id: callId, name } = part
        return [...this.#close('completed'), ...this.#begin('function_call', { callId, name })]
      }
      case 'tool-call-delta':
        return this.#open?.kind === 'function_call' ? this.#open.delta(part.arguments, []) : []
      case 'finish': {
        this.#reason = part.reason
        // Even an answer without a word is a message.
        const begun = this.#open === null && this.#response.output.length === 0 ? this.#begin('message') : []
        return [...begun, ...this.#close(incompleteReason(part.reason) === null ? 'completed' : 'incomplete')]
      }
      case 'usage':
        return [this.#finish(part.usage)]
      default:
        return part satisfies never
    }
  }

  #add(kind: 'message' | 'reasoning', text: string, logprobs: Parameters<OpenItem['delta']>[1]): Happening[] {
    if (text === '' && logprobs.length === 0) return []
    const begun = this.#open?.kind === kind ? [] : [...this.#close('completed'), ...this.#begin(kind)]
    return [...begun, ...(this.#open?.delta(text, logprobs) ?? [])]
  }

  #begin(kind: 'message' | 'reasoning'): Happening[]
  #begin(kind: 'function_call', call: { callId: string; name: string }): Happening[]
  #begin(kind: OpenItem['kind'], call = { callId: '', name: '' }): Happening[] {
    const index = this.#response.output.length
    const place = { id: itemId(kind, this.#suffix, index), index }
    this.#open =
      kind === 'message'
        ? messageItem(place)
        : kind === 'reasoning'
          ? reasoningItem(place)
          : functionCallItem(place, call)
    return this.#open.begin()
  }

  #close(status: 'completed' | 'incomplete'): Happening[] {
    const open = this.#open
    if (open === null) return []
    this.#open = null
    this.#response = { ...this.#response, output: [...this.#response.output, open.item(status)] }
    return open.end(status)
  }

  #finish({ promptTokens, cachedTokens, outputTokens, reasoningTokens }: Usage): Happening {
    const reason = incompleteReason(this.#reason)
    this.#response = {
      ...this.#response,
      status: reason === null ? 'completed' : 'incomplete',
      incomplete_details: reason === null ? null : { reason },
      completed_at: reason === null ? Math.floor(this.#now() / 1000) : null,
      usage: {
        input_tokens: promptTokens,
        input_tokens_details: { cached_tokens: cachedTokens },
        output_tokens: outputTokens,
        output_tokens_details: { reasoning_tokens: reasoningTokens },
        total_tokens: promptTokens + outputTokens,
      },
    }
    return { type: `response.${this.#response.status}`, response: this.#response }
  }

  #numbered(happenings: readonly Happening[]): ResponseEvent[] {
    return happenings.map(({ type, ...fields }) => ({
      type,
      sequence_number: this.#events++,
      ...fields,
    }))
  }
}

function incompleteReason(reason: FinishReason): 'max_output_tokens' | 'content_filter' | null {
  switch (reason) {
    case 'stop':
    case 'tool_calls':
      return null
    case 'content_filter':
      return reason
    case 'length':
    // A cancelled answer ends with an error before anybody could be told this.
    case 'cancelled':
      return 'max_output_tokens'
    default:
      return reason satisfies never
  }
}
