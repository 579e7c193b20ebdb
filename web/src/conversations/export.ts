import { z } from '../schema.ts'
import { readConversation, type Conversation } from './conversation.ts'
import { shownPath } from './tree.ts'

const speaker = { user: 'You', assistant: 'Answer' } as const

/** The branch that is shown, as Markdown for people. */
export function asMarkdown(conversation: Conversation): string {
  const { system } = conversation.settings
  const head = [`# ${conversation.title}`, new Date(conversation.createdAt).toISOString().slice(0, 10)]
  if (system.trim() !== '') head.push(`## System prompt\n\n${system}`)
  const body = shownPath(conversation).map((message) => {
    const model = message.role === 'assistant' ? ` (${message.model})` : ''
    return `## ${speaker[message.role]}${model}\n\n${message.text}`
  })
  return `${[...head, ...body].join('\n\n')}\n`
}

/** Every branch and every figure, as this page reads it back. */
export function asJson(conversations: readonly Conversation[]): string {
  return `${JSON.stringify({ format: 'elpis-conversations', version: 1, conversations }, null, 2)}\n`
}

const fileSchema = z.object({
  format: z.literal('elpis-conversations'),
  version: z.literal(1),
  conversations: z.array(z.unknown()),
})

/** What an exported file holds, or null when it is no such file. Conversations that cannot be read are counted. */
export function fromJson(text: string): { conversations: Conversation[]; damaged: number } | null {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return null
  }
  const parsed = z.safeParse(fileSchema, content)
  if (!parsed.success) return null
  const read = parsed.data.conversations.map(readConversation)
  const conversations = read.filter((one) => one !== null)
  return { conversations, damaged: read.length - conversations.length }
}

/** A file name that every system takes. */
export function fileName(title: string, extension: 'md' | 'json'): string {
  const name = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
  return `${name === '' ? 'chat' : Array.from(name).slice(0, 60).join('')}.${extension}`
}
