import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer, conversation, id, question } from './conversation.fixture.ts'
import { newId, readConversation } from './conversation.ts'

describe('a stored conversation', () => {
  const good = conversation([question(1, null), answer(2, 1)])

  test('comes back as it was', () => {
    expect(readConversation(structuredClone(good))).toEqual(good)
  })

  test('has no answer in the making any more', () => {
    const stored = conversation([question(1, null), answer(2, 1, { state: 'streaming' })])
    expect(readConversation(stored)?.messages[id(2)]).toMatchObject({ state: 'stopped', text: 'answer 2' })
  })

  test.each([
    ['a leaf that is not there', { ...good, leaf: id(9) }],
    ['a parent that is not there', conversation([question(1, 9)])],
    ['a message that is its own parent', conversation([question(1, 1)])],
    ['two messages that are each other’s parents', conversation([question(1, 2), answer(2, 1)])],
    ['a message under another name', { ...good, messages: { [id(5)]: question(1, null) } }],
    ['an id that an object could mistake for its own', { ...good, id: '__proto__' }],
    ['an unknown role', { ...good, messages: { [id(1)]: { ...question(1, null), role: 'system' } } }],
    ['a missing field', { ...good, settings: undefined }],
    ['null', null],
    ['a text', 'conversation'],
  ])('is refused with %s', (_, stored) => {
    expect(readConversation(stored)).toBeNull()
  })

  test('never throws, whatever was stored', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record(Object.fromEntries(Object.keys(good).map((name) => [name, fc.anything()]))),
    )
    fc.assert(
      fc.property(anything, (stored) => {
        const read = readConversation(stored)
        expect(read === null || typeof read.id === 'string').toBe(true)
      }),
    )
  })
})

test('ids are 128 bits and never the same', () => {
  const ids = Array.from({ length: 1000 }, newId)
  expect(new Set(ids).size).toBe(1000)
  for (const one of ids) expect(one).toMatch(/^[0-9a-f]{32}$/u)
})
