import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Part } from '../core/part.ts'
import type { ChatMessage } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import { chatLoop } from './chat-loop.ts'
import type { Talk } from './talk.ts'

/** A model that repeats the last message, or does what the test says; and a screen to talk to it. */
function sitting(
  answer: (messages: readonly ChatMessage[], signal: AbortSignal) => AsyncIterable<Part> = echo,
) {
  const asked: (readonly ChatMessage[])[] = []
  const talk: Talk = {
    model: 'fake:1b',
    place: 'here',
    unseen: 0,
    answer(messages, _settings, signal) {
      asked.push(messages)
      return answer(messages, signal)
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const input = new PassThrough()
  const output = new PassThrough()
  let seen = ''
  let checks: (() => void)[] = []
  output.on('data', (chunk: Buffer) => {
    seen += chunk.toString()
    for (const check of checks) check()
  })
  /** Resolves when the screen shows this, after what was waited for before. */
  let from = 0
  const shows = (text: string) =>
    new Promise<void>((resolve) => {
      const check = () => {
        const at = seen.indexOf(text, from)
        if (at === -1) return
        from = at + text.length
        checks = checks.filter((other) => other !== check)
        resolve()
      }
      checks.push(check)
      check()
    })
  const end = chatLoop(talk, [], {}, { input, output, terminal: true })
  return { asked, shows, end, screen: () => seen, type: (text: string) => void input.write(text), input }
}

async function* echo(messages: readonly ChatMessage[]): AsyncGenerator<Part> {
  yield* saying(messages.at(-1)?.content ?? '')
}

async function* saying(text: string): AsyncGenerator<Part> {
  yield { type: 'text-delta', choice: 0, text, tokens: 1, logprobs: null }
  yield { type: 'finish', choice: 0, reason: 'stop' }
  yield { type: 'usage', usage: { promptTokens: 1, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0 } }
}

describe('the chat loop', () => {
  test('keeps the conversation, changes it by commands, and ends with /quit', async () => {
    const person = sitting()
    await person.shows('>>> ')
    person.type('/system be brief\r')
    await person.shows('Noted.')
    person.type('hello\r')
    await person.shows('1 tokens')
    person.type('again\r')
    await person.shows('1 tokens')
    person.type('/clear\r')
    await person.shows('Forgotten.')
    person.type('"""two\r')
    await person.shows('... ')
    person.type('lines"""\r')
    await person.shows('1 tokens')
    person.type('/nonsense\r')
    await person.shows('no command /nonsense')
    person.type('/help\r')
    await person.shows('/quit')
    person.type('/quit\r')
    await person.end
    const system = { role: 'system', content: 'be brief' }
    expect(person.asked).toEqual([
      [system, { role: 'user', content: 'hello' }],
      [
        system,
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'hello' },
        { role: 'user', content: 'again' },
      ],
      [system, { role: 'user', content: 'two\nlines' }],
    ])
  })

  test('Ctrl-C stops an answer, and a second one leaves', async () => {
    const person = sitting(async function* (_messages, signal) {
      yield { type: 'text-delta', choice: 0, text: 'half', tokens: 1, logprobs: null }
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      yield { type: 'error', error: elpisError('client_left') }
    })
    await person.shows('>>> ')
    person.type('tell me all\r')
    await person.shows('half')
    person.type('\u0003')
    await person.shows('Stopped.')
    await person.shows('>>> ')
    person.type('\u0003')
    await expect(person.end).resolves.toBeUndefined()
  })

  test('goes on after a failure, without the question that failed', async () => {
    let round = 0
    const person = sitting(async function* (messages) {
      if (round++ === 0)
        yield { type: 'error', error: elpisError('engine_failed', { reason: 'it was killed' }) }
      else yield* echo(messages)
    })
    await person.shows('>>> ')
    person.type('one\r')
    await person.shows('killed')
    person.type('two\r')
    await person.shows('1 tokens')
    person.input.end()
    await person.end
    expect(person.asked[1]).toEqual([{ role: 'user', content: 'two' }])
  })

  test('lets no escape sequence of the model reach the terminal', async () => {
    const person = sitting(() => saying('\u001B]0;owned\u0007'))
    await person.shows('>>> ')
    person.type('hi\r')
    await person.shows('␛]0;owned␇')
    person.input.end()
    await person.end
    expect(person.screen()).not.toContain('\u001B]0;')
  })
})
