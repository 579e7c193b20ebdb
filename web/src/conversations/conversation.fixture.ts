/** Conversations for tests of this folder. */
import {
  defaultSettings,
  type Answer,
  type Conversation,
  type Message,
  type UserMessage,
} from './conversation.ts'

/** An id that can be told apart by eye. */
export function id(number: number): string {
  return number.toString(16).padStart(32, '0')
}

export function question(number: number, parent: number | null, text = `question ${number}`): UserMessage {
  return { role: 'user', id: id(number), parent: parent === null ? null : id(parent), at: number, text }
}

export function answer(number: number, parent: number | null, change: Partial<Answer> = {}): Answer {
  return {
    role: 'assistant',
    id: id(number),
    parent: parent === null ? null : id(parent),
    at: number,
    text: `answer ${number}`,
    model: 'fake:1b',
    state: 'done',
    finish: 'stop',
    usage: null,
    timing: null,
    problem: null,
    ...change,
  }
}

export function conversation(messages: readonly Message[], change: Partial<Conversation> = {}): Conversation {
  return {
    id: id(1000),
    title: 'A title',
    createdAt: 0,
    updatedAt: 0,
    model: null,
    settings: defaultSettings,
    messages: Object.fromEntries(messages.map((message) => [message.id, message])),
    leaf: messages.at(-1)?.id ?? null,
    ...change,
  }
}
