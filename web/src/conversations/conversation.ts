/**
 * A conversation is a tree: editing a question or asking again for an answer adds a sibling, and nothing that was said is
 * ever lost. `leaf` names the end of the branch that is shown.
 */
import { z } from '../schema.ts'
import { problemSchema } from '../server/problem.ts'

/** 128 random bits as hex: nothing that an object could mistake for a property of its own. */
const idSchema = z.string().check(z.regex(/^[0-9a-f]{32}$/))

const settingsSchema = z.object({
  /** Said to the model before everything else; empty for nothing. */
  system: z.string(),
  temperature: z.nullable(z.number()),
  topP: z.nullable(z.number()),
  maxTokens: z.nullable(z.number()),
  seed: z.nullable(z.number()),
})

export type ChatSettings = z.infer<typeof settingsSchema>

export const defaultSettings: ChatSettings = {
  system: '',
  temperature: null,
  topP: null,
  maxTokens: null,
  seed: null,
}

const questionSchema = z.object({
  role: z.literal('user'),
  id: idSchema,
  parent: z.nullable(idSchema),
  at: z.number(),
  text: z.string(),
})

const answerSchema = z.object({
  role: z.literal('assistant'),
  id: idSchema,
  parent: z.nullable(idSchema),
  at: z.number(),
  text: z.string(),
  model: z.string(),
  /** `stopped`: by the reader, or because the page was closed meanwhile. */
  state: z.enum(['streaming', 'done', 'stopped', 'failed']),
  /** Why the model ended, in the server's words; null when it did not. */
  finish: z.nullable(z.string()),
  usage: z.nullable(
    z.object({ promptTokens: z.number(), cachedTokens: z.number(), outputTokens: z.number() }),
  ),
  /** Milliseconds from sending to the first text and to the end, as seen by this page. */
  timing: z.nullable(z.object({ firstTextMs: z.nullable(z.number()), totalMs: z.number() })),
  problem: z.nullable(problemSchema),
})

const messageSchema = z.discriminatedUnion('role', [questionSchema, answerSchema])

/** Of format 1, which is also what an export holds. */
export const conversationSchema = z.object({
  id: idSchema,
  title: z.string(),
  createdAt: z.number(),
  /** When something was last asked. */
  updatedAt: z.number(),
  /** The model asked last; null before the first choice. */
  model: z.nullable(z.string()),
  settings: settingsSchema,
  messages: z.record(idSchema, messageSchema),
  leaf: z.nullable(idSchema),
})

export type UserMessage = z.infer<typeof questionSchema>
export type Answer = z.infer<typeof answerSchema>
export type Message = z.infer<typeof messageSchema>
export type Conversation = z.infer<typeof conversationSchema>

export function newId(): string {
  // `crypto.randomUUID` is missing on pages served by plain HTTP to another machine.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * A stored or imported conversation, checked: of the right shape, and a tree in which every parent exists and no message
 * is its own ancestor. Null when it is not. An answer that was being made when it was stored counts as stopped.
 */
export function readConversation(stored: unknown): Conversation | null {
  const parsed = z.safeParse(conversationSchema, stored)
  if (!parsed.success) return null
  const messages = new Map(Object.entries(parsed.data.messages))
  if (parsed.data.leaf !== null && !messages.has(parsed.data.leaf)) return null
  for (const [id, message] of messages) {
    if (message.id !== id || !reachesRoot(messages, message)) return null
    if (message.role === 'assistant' && message.state === 'streaming') {
      messages.set(id, { ...message, state: 'stopped' })
    }
  }
  return { ...parsed.data, messages: Object.fromEntries(messages) }
}

function reachesRoot(messages: ReadonlyMap<string, Message>, from: Message): boolean {
  let message = from
  for (let steps = 0; steps <= messages.size; steps++) {
    if (message.parent === null) return true
    const parent = messages.get(message.parent)
    if (parent === undefined) return false
    message = parent
  }
  return false
}
