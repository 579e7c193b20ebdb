import type { z } from 'zod'
import type { FinishReason, Part, Usage } from '../../core/part.ts'
import type { AnswerChoice } from '../../pipeline/fold.ts'
import type { Wire } from '../openai/wire.ts'
import { argumentsObject } from '../tool-arguments.ts'
import { anthropicFraming } from './errors.ts'
import type { contentBlock, messageAnswer, messageEvent } from './messages-schema.ts'

type Message = z.infer<typeof messageAnswer>
type Block = z.infer<typeof contentBlock>
type Event = z.infer<typeof messageEvent>
type Ending = Extract<Event, { type: 'message_delta' }>['delta']
type Delta = Extract<Event, { type: 'content_block_delta' }>['delta']

/** Anthropic's message, and the events that it is made of: blocks that begin, grow and end, one after the other. */
export function messageWire({ id, model }: Pick<Message, 'id' | 'model'>): Wire {
  const message = (rest: Pick<Message, 'content' | 'stop_reason' | 'stop_sequence' | 'usage'>): Message => ({
    id,
    type: 'message',
    role: 'assistant',
    model,
    ...rest,
  })
  const blocks = new BlockEvents()
  let ending: Ending | null = null
  return {
    framing: anthropicFraming,
    whole({ choices: [choice], usage }): Message {
      return message({
        content: choice === undefined ? [] : blocksOf(choice),
        ...endingOf(choice?.reason ?? 'stop', choice?.stopString ?? null),
        usage: usageOf(usage),
      })
    },
    events(part): Event[] {
      switch (part.type) {
        case 'start':
          return [
            {
              type: 'message_start',
              message: message({
                content: [],
                stop_reason: null,
                stop_sequence: null,
                usage: usageOf({ ...part, outputTokens: 0 }),
              }),
            },
            { type: 'ping' },
          ]
        case 'text-delta':
        case 'reasoning-delta':
        case 'tool-call-start':
        case 'tool-call-delta':
          return blocks.of(part)
        case 'finish':
          ending = endingOf(part.reason, part.stopString ?? null)
          return blocks.close()
        case 'usage':
          return [
            { type: 'message_delta', delta: ending ?? endingOf('stop', null), usage: usageOf(part.usage) },
            { type: 'message_stop' },
          ]
        default:
          return part satisfies never
      }
    },
  }
}

type Growing = Extract<
  Part,
  { type: 'text-delta' | 'reasoning-delta' | 'tool-call-start' | 'tool-call-delta' }
>

/** Knows which block is open: deltas of another kind end it and begin the next. */
class BlockEvents {
  #index = -1
  #open: Block['type'] | null = null

  of(part: Growing): Event[] {
    switch (part.type) {
      case 'text-delta':
        if (part.text === '') return []
        return this.#grow(
          { type: 'text', text: '', citations: null },
          { type: 'text_delta', text: part.text },
        )
      case 'reasoning-delta':
        if (part.text === '') return []
        return this.#grow(
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: part.text },
        )
      case 'tool-call-start':
        return [...this.close(), this.#begin({ type: 'tool_use', id: part.id, name: part.name, input: {} })]
      case 'tool-call-delta':
        if (part.arguments === '') return []
        return [this.#delta({ type: 'input_json_delta', partial_json: part.arguments })]
      default:
        return part satisfies never
    }
  }

  close(): Event[] {
    if (this.#open === null) return []
    this.#open = null
    return [{ type: 'content_block_stop', index: this.#index }]
  }

  #grow(empty: Block, delta: Delta): Event[] {
    if (this.#open === empty.type) return [this.#delta(delta)]
    return [...this.close(), this.#begin(empty), this.#delta(delta)]
  }

  #begin(empty: Block): Event {
    this.#open = empty.type
    this.#index++
    return { type: 'content_block_start', index: this.#index, content_block: empty }
  }

  #delta(delta: Delta): Event {
    return { type: 'content_block_delta', index: this.#index, delta }
  }
}

function blocksOf({ reasoning, text, toolCalls }: AnswerChoice): Block[] {
  return [
    // Thoughts are not signed: nobody here checks them when they come back.
    ...(reasoning === '' ? [] : [{ type: 'thinking' as const, thinking: reasoning, signature: '' }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text, citations: null }]),
    ...toolCalls.map(({ id, name, arguments: written }) => ({
      type: 'tool_use' as const,
      id,
      name,
      input: { ...argumentsObject(written) },
    })),
  ] as Block[]
}

function endingOf(reason: FinishReason, stopString: string | null): Ending {
  switch (reason) {
    case 'stop':
      return stopString === null
        ? { stop_reason: 'end_turn', stop_sequence: null }
        : { stop_reason: 'stop_sequence', stop_sequence: stopString }
    // A cancelled answer ends with an error before anybody could be told this.
    case 'cancelled':
    case 'length':
      return { stop_reason: 'max_tokens', stop_sequence: null }
    case 'tool_calls':
      return { stop_reason: 'tool_use', stop_sequence: null }
    case 'content_filter':
      return { stop_reason: 'refusal', stop_sequence: null }
    default:
      return reason satisfies never
  }
}

function usageOf({
  promptTokens,
  cachedTokens,
  outputTokens,
}: Pick<Usage, 'promptTokens' | 'cachedTokens' | 'outputTokens'>): Message['usage'] {
  return {
    input_tokens: promptTokens - cachedTokens,
    // Caching costs nothing here and is not asked for, so that nobody is billed for it.
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: outputTokens,
  }
}
