import { describe, expect, test } from 'vitest'
import type { AnswerEvent, Ask, Question } from '../server/ask.ts'
import { connectionLost, type Problem } from '../server/problem.ts'
import { Answering } from './answering.ts'
import { MemoryArchive } from './archive.ts'
import { id } from './conversation.fixture.ts'
import { defaultSettings, type Answer } from './conversation.ts'
import { ConversationStore } from './store.ts'
import { shownPath } from './tree.ts'

const usage = { type: 'usage', usage: { promptTokens: 3, cachedTokens: 0, outputTokens: 2 } } as const
const words: readonly AnswerEvent[] = [
  { type: 'text', text: 'Hello ' },
  { type: 'text', text: 'there' },
  { type: 'finish', reason: 'stop' },
  usage,
]

function setUp(ask: Ask) {
  const store = new ConversationStore(new MemoryArchive())
  const questions: Question[] = []
  let next = 1
  let now = 1000
  let signedOut = 0
  const answering = new Answering(store, {
    ask: (question, signal) => {
      questions.push(question)
      return ask(question, signal)
    },
    now: () => (now += 100),
    newId: () => id(next++),
    onSignedOut: () => signedOut++,
  })
  const path = (chat: string) => {
    const conversation = store.state().conversations[chat]
    return conversation === undefined ? [] : shownPath(conversation)
  }
  const last = (chat: string) => path(chat).at(-1) as Answer
  /** Resolves when the answer is as wanted. */
  const until = (chat: string, wanted: (answer: Answer) => boolean) =>
    new Promise<Answer>((resolve) => {
      const look = () => {
        if (!wanted(last(chat))) return
        leave()
        resolve(last(chat))
      }
      const leave = store.subscribe(look)
      look()
    })
  const ended = (chat: string) => until(chat, ({ state }) => state !== 'streaming')
  return { store, answering, questions, path, until, ended, signedOut: () => signedOut }
}

const say = (...events: readonly AnswerEvent[]): Ask =>
  async function* () {
    yield* events
  }
/** Says something and then nothing, until it is stopped. */
const hang = (...events: readonly AnswerEvent[]): Ask =>
  async function* (_, signal) {
    yield* events
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve)
    })
  }

describe('an answer', () => {
  test('comes with its figures', async () => {
    const { answering, ended, store } = setUp(say(...words))
    const chat = answering.begin('Say **hello**', 'fake:1b')
    expect(await ended(chat)).toMatchObject({
      text: 'Hello there',
      state: 'done',
      finish: 'stop',
      usage: { outputTokens: 2 },
      timing: { firstTextMs: 100, totalMs: 200 },
    })
    expect(store.state().conversations[chat]).toMatchObject({ title: 'Say hello', model: 'fake:1b' })
  })

  test('that fails keeps what had arrived', async () => {
    const { answering, ended } = setUp(
      say({ type: 'text', text: 'Half' }, { type: 'problem', problem: connectionLost }),
    )
    const chat = answering.begin('Hi', 'fake:1b')
    expect(await ended(chat)).toMatchObject({ text: 'Half', state: 'failed', problem: connectionLost })
  })

  test('that is stopped ends at once, with what was there', async () => {
    const { answering, until } = setUp(hang({ type: 'text', text: 'So far' }))
    const chat = answering.begin('Hi', 'fake:1b')
    await until(chat, ({ text }) => text !== '')
    answering.stop(chat)
    expect(await until(chat, ({ state }) => state !== 'streaming')).toMatchObject({
      text: 'So far',
      state: 'stopped',
      problem: null,
    })
  })

  test('is stopped by another question in the same conversation', async () => {
    const { answering, until, path } = setUp(hang({ type: 'text', text: 'Slow' }))
    const chat = answering.begin('One', 'fake:1b')
    const first = await until(chat, ({ text }) => text !== '')
    answering.askAfter(chat, first.id, 'Two', 'fake:1b')
    expect(path(chat).map((message) => (message.role === 'user' ? message.text : message.state))).toEqual([
      'One',
      'stopped',
      'Two',
      'streaming',
    ])
    answering.stopAll()
  })

  test('of a server that does not know us any more shows the sign-in', async () => {
    const problem: Problem = { ...connectionLost, status: 401, code: 'key_invalid' }
    const { answering, ended, signedOut } = setUp(say({ type: 'problem', problem }))
    await ended(answering.begin('Hi', 'fake:1b'))
    await Promise.resolve()
    expect(signedOut()).toBe(1)
  })
})

describe('what the model is sent', () => {
  test('is the branch up to the question, with the system prompt first', async () => {
    const { answering, ended, questions } = setUp(say(...words))
    const settings = { ...defaultSettings, system: 'Be brief.', temperature: 0.5 }
    const chat = answering.begin('One', 'fake:1b', settings)
    const first = await ended(chat)
    answering.askAfter(chat, first.id, 'Two', 'other:1b')
    await ended(chat)
    expect(questions.at(-1)).toMatchObject({
      model: 'other:1b',
      sampling: { temperature: 0.5, topP: null, maxTokens: null, seed: null },
      turns: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Hello there' },
        { role: 'user', content: 'Two' },
      ],
    })
  })

  test('for another answer leaves the first one out', async () => {
    const { answering, ended, questions, path } = setUp(say(...words))
    const chat = answering.begin('One', 'fake:1b')
    await ended(chat)
    answering.askAgain(chat, path(chat)[0]?.id ?? '', 'fake:1b')
    await ended(chat)
    expect(questions.at(-1)?.turns).toEqual([{ role: 'user', content: 'One' }])
  })

  test('joins questions around an answer that never came', async () => {
    const { answering, ended, questions } = setUp(say({ type: 'problem', problem: connectionLost }))
    const chat = answering.begin('One', 'fake:1b')
    const failed = await ended(chat)
    answering.askAfter(chat, failed.id, 'Two', 'fake:1b')
    await ended(chat)
    expect(questions.at(-1)?.turns).toEqual([{ role: 'user', content: 'One\n\nTwo' }])
  })
})
