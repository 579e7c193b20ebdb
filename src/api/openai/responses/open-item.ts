import type { z } from 'zod'
import type { chatLogprobs } from '../chat-schema.ts'
import type { OutputItem } from './answer-schema.ts'

/** An event without its number in the stream. */
export interface Happening {
  readonly type: string
  readonly [field: string]: unknown
}

type Logprobs = z.infer<typeof chatLogprobs>['content']
type Status = OutputItem['status']

/** One item of the output while it is being written: what it is so far, and the events that tell of it. */
export interface OpenItem {
  readonly kind: OutputItem['type']
  begin(): Happening[]
  delta(text: string, logprobs: Logprobs): Happening[]
  end(status: Status): Happening[]
  /** As it is now. */
  item(status: Status): OutputItem
}

interface Place {
  readonly id: string
  /** Its index in the output. */
  readonly index: number
}

/** An item that has one part of text: a message or a thought. */
function textItem(
  { id, index }: Place,
  shape: {
    readonly kind: 'message' | 'reasoning'
    readonly event: 'response.output_text' | 'response.reasoning_text'
    readonly part: (text: string, logprobs: Logprobs) => object
    readonly item: (text: string | null, logprobs: Logprobs, status: Status) => OutputItem
  },
): OpenItem {
  const pieces: string[] = []
  const all: Logprobs = []
  const place = { item_id: id, output_index: index, content_index: 0 }
  const withLogprobs = (logprobs: Logprobs) => (shape.kind === 'message' ? { logprobs } : {})
  const item = (status: Status) => shape.item(pieces.join(''), all, status)
  return {
    kind: shape.kind,
    item,
    begin: () => [
      {
        type: 'response.output_item.added',
        output_index: index,
        item: shape.item(null, [], 'in_progress'),
      },
      { type: 'response.content_part.added', ...place, part: shape.part('', []) },
    ],
    delta(text, logprobs) {
      pieces.push(text)
      all.push(...logprobs)
      return [{ type: `${shape.event}.delta`, ...place, delta: text, ...withLogprobs(logprobs) }]
    },
    end(status) {
      const text = pieces.join('')
      return [
        { type: `${shape.event}.done`, ...place, text, ...withLogprobs(all) },
        { type: 'response.content_part.done', ...place, part: shape.part(text, all) },
        { type: 'response.output_item.done', output_index: index, item: item(status) },
      ]
    },
  }
}

/** An output item of text that is being written. */
export function messageItem(place: Place): OpenItem {
  const part = (text: string, logprobs: Logprobs) => ({
    type: 'output_text' as const,
    text,
    annotations: [],
    logprobs,
  })
  return textItem(place, {
    kind: 'message',
    event: 'response.output_text',
    part,
    item: (text, logprobs, status) => ({
      type: 'message',
      id: place.id,
      status,
      role: 'assistant',
      content: text === null ? [] : [part(text, logprobs)],
    }),
  })
}

/** An output item of thoughts that is being written. */
export function reasoningItem(place: Place): OpenItem {
  const part = (text: string) => ({ type: 'reasoning_text' as const, text })
  return textItem(place, {
    kind: 'reasoning',
    event: 'response.reasoning_text',
    part,
    item: (text, _logprobs, status) => ({
      type: 'reasoning',
      id: place.id,
      status,
      summary: [],
      content: text === null ? [] : [part(text)],
    }),
  })
}

/** A call that is being written, its arguments piece by piece; `callId` is what the client answers to. */
export function functionCallItem(
  { id, index }: Place,
  { callId, name }: { readonly callId: string; readonly name: string },
): OpenItem {
  const pieces: string[] = []
  const place = { item_id: id, output_index: index }
  const event = 'response.function_call_arguments'
  const item = (status: Status): OutputItem => ({
    type: 'function_call',
    id,
    status,
    call_id: callId,
    name,
    arguments: pieces.join(''),
  })
  return {
    kind: 'function_call',
    item,
    begin: () => [{ type: 'response.output_item.added', output_index: index, item: item('in_progress') }],
    delta(text) {
      pieces.push(text)
      return [{ type: `${event}.delta`, ...place, delta: text }]
    },
    end: (status) => [
      { type: `${event}.done`, ...place, name, arguments: pieces.join('') },
      { type: 'response.output_item.done', output_index: index, item: item(status) },
    ],
  }
}
