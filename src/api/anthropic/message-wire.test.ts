import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Part } from '../../core/part.ts'
import { fold } from '../../pipeline/fold.ts'
import { answerParts } from '../../../test/support/answer-parts.ts'
import { messageWire } from './message-wire.ts'

interface Block {
  type: string
  text?: string
  thinking?: string
  input?: unknown
  json?: string
}
interface Event {
  type: string
  index?: number
  content_block?: Block
  delta?: { text?: string; thinking?: string; partial_json?: string; stop_reason?: string }
  message?: { content: Block[] }
  usage?: object
}

/** Adds events up as a client does; `ordered` says whether they came in an order in which it can. */
function added(events: readonly Event[]) {
  const blocks: Block[] = []
  let open = false
  let ordered = true
  for (const { type, index, content_block: block, delta } of events) {
    if (type === 'content_block_start' && block !== undefined) {
      ordered &&= !open && index === blocks.length
      blocks.push({ ...block, json: '' })
      open = true
    } else if (type === 'content_block_delta') {
      ordered &&= open && index === blocks.length - 1
      const last = blocks.at(-1)!
      last.text = (last.text ?? '') + (delta?.text ?? '')
      last.thinking = (last.thinking ?? '') + (delta?.thinking ?? '')
      last.json = (last.json ?? '') + (delta?.partial_json ?? '')
    } else if (type === 'content_block_stop') {
      ordered &&= open && index === blocks.length - 1
      open = false
    } else ordered &&= !open
  }
  return {
    ordered,
    text: joined(blocks, 'text'),
    thinking: joined(blocks, 'thinking'),
    calls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ json }) => asText(JSON.parse(json || '{}'))),
    end: events.at(-2)?.delta,
    usage: events.at(-2)?.usage,
  }
}

/** To be compared as text: an own key `__proto__` is set, not compared, by those who copy objects. */
function asText(value: unknown): string {
  return JSON.stringify(value)
}

function joined(blocks: readonly Block[], kind: 'text' | 'thinking'): string {
  return blocks
    .filter(({ type }) => type === kind)
    .map((block) => block[kind] ?? '')
    .join('')
}

async function* stream(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts
}

test('a stream adds up to the whole answer, whatever comes in it', async () => {
  await fc.assert(
    fc.asyncProperty(answerParts, async (parts) => {
      const wire = messageWire({ id: 'msg_1', model: 'm' })
      const events = parts.flatMap((part) =>
        part.type === 'error' || part.type === 'loading' ? [] : wire.events(part),
      ) as Event[]
      const whole = messageWire({ id: 'msg_1', model: 'm' }).whole(await fold(stream(parts), 1)) as {
        content: Block[]
        stop_reason: string
        stop_sequence: string | null
        usage: object
      }
      expect(added(events)).toEqual({
        ordered: true,
        text: joined(whole.content, 'text'),
        thinking: joined(whole.content, 'thinking'),
        calls: whole.content.filter(({ type }) => type === 'tool_use').map(({ input }) => asText(input)),
        end: { stop_reason: whole.stop_reason, stop_sequence: whole.stop_sequence },
        usage: whole.usage,
      })
      expect(events[0]?.type).toBe('message_start')
      expect(events.at(-1)?.type).toBe('message_stop')
    }),
    { numRuns: 300 },
  )
})
