import { describe, expect, test } from 'vitest'
import { answer, conversation, id, question } from './conversation.fixture.ts'
import { reduce, type Action, type Conversations } from './reducer.ts'
import { shownPath, versionsOf } from './tree.ts'

const chat = id(1000)
const start: Conversations = { [chat]: conversation([question(1, null), answer(2, 1)]) }

function after(...actions: readonly Action[]): Conversations {
  return actions.reduce(reduce, start)
}
function shown(conversations: Conversations): string[] {
  const one = conversations[chat]
  return one === undefined ? [] : shownPath(one).map(({ text }) => text)
}

const empty = { text: '', state: 'streaming', finish: null } as const

describe('asking', () => {
  test('appends the question and an empty answer', () => {
    const asked = after({ type: 'asked', id: chat, question: question(3, 2), answer: answer(4, 3, empty) })
    expect(shown(asked)).toEqual(['question 1', 'answer 2', 'question 3', ''])
    expect(asked[chat]).toMatchObject({ leaf: id(4), updatedAt: 4, model: 'fake:1b' })
  })

  test('again adds a version, and shows it', () => {
    const asked = after({ type: 'asked-again', id: chat, answer: answer(4, 1, { text: 'better' }) })
    expect(shown(asked)).toEqual(['question 1', 'better'])
    expect(shown(reduce(asked, { type: 'switched', id: chat, message: id(2) }))).toEqual([
      'question 1',
      'answer 2',
    ])
  })

  test('an edited question starts a branch, and the earlier one is a switch away', () => {
    const asked = after(
      { type: 'asked', id: chat, question: question(3, 2), answer: answer(4, 3) },
      { type: 'asked', id: chat, question: question(5, null, 'edited'), answer: answer(6, 5) },
    )
    expect(shown(asked)).toEqual(['edited', 'answer 6'])
    expect(shown(reduce(asked, { type: 'switched', id: chat, message: id(1) }))).toEqual([
      'question 1',
      'answer 2',
      'question 3',
      'answer 4',
    ])
    const [first] = Object.values(asked[chat]?.messages ?? {})
    expect(first && versionsOf(asked[chat] ?? conversation([]), first).map((one) => one.id)).toEqual([
      id(1),
      id(5),
    ])
  })
})

describe('an answer', () => {
  const growing = after({ type: 'asked-again', id: chat, answer: answer(4, 1, empty) })
  const grow = (text: string): Action => ({ type: 'answer-grew', id: chat, answer: id(4), text })
  const end = { state: 'stopped', finish: null, usage: null, timing: null, problem: null } as const

  test('grows while it is being made, and not after its end', () => {
    const grown = [grow('one '), grow('two')].reduce(reduce, growing)
    expect(shown(grown).at(-1)).toBe('one two')
    const ended = reduce(grown, { type: 'answer-ended', id: chat, answer: id(4), end })
    expect(reduce(ended, grow(' three'))).toBe(ended)
  })

  test('of a deleted conversation is forgotten', () => {
    const deleted = reduce(growing, { type: 'deleted', id: chat })
    expect(deleted).toEqual({})
    expect(reduce(deleted, grow('late'))).toBe(deleted)
  })

  test('grows in the branch that it belongs to, also when another is shown', () => {
    const away = reduce(growing, { type: 'switched', id: chat, message: id(2) })
    const grown = reduce(away, grow('hidden'))
    expect(shown(grown).at(-1)).toBe('answer 2')
    expect(grown[chat]?.messages[id(4)]?.text).toBe('hidden')
  })
})

test('nothing that stands is changed in place', () => {
  const before = structuredClone(start)
  after(
    { type: 'renamed', id: chat, title: 'Other' },
    { type: 'asked-again', id: chat, answer: answer(4, 1, empty) },
    { type: 'answer-grew', id: chat, answer: id(4), text: 'x' },
    { type: 'configured', id: chat, change: { model: 'other' } },
    { type: 'deleted', id: chat },
  )
  expect(start).toEqual(before)
})

test('a switch to a message that is not there changes nothing', () => {
  expect(reduce(start, { type: 'switched', id: chat, message: id(99) })).toBe(start)
})
