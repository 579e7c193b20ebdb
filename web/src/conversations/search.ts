import type { Conversation } from './conversation.ts'

export interface Found {
  readonly conversation: Conversation
  /** Some words around the hit, with the hit's place in them; null when only the title matches. */
  readonly excerpt: { readonly before: string; readonly hit: string; readonly after: string } | null
}

const most = 50
const around = 40

/** Conversations whose title or any message has `text` in it, newest first; all of them for an empty text. */
export function search(conversations: readonly Conversation[], text: string): Found[] {
  const wanted = text.trim().toLowerCase()
  const newestFirst = [...conversations].sort((one, other) => other.updatedAt - one.updatedAt)
  const found: Found[] = []
  for (const conversation of newestFirst) {
    if (found.length === most) break
    const excerpt = wanted === '' ? null : firstHit(conversation, wanted)
    if (excerpt !== null || conversation.title.toLowerCase().includes(wanted)) {
      found.push({ conversation, excerpt })
    }
  }
  return found
}

function firstHit({ messages }: Conversation, wanted: string): Found['excerpt'] {
  for (const { text } of Object.values(messages)) {
    const at = text.toLowerCase().indexOf(wanted)
    if (at === -1) continue
    const end = at + wanted.length
    return {
      before: `${at > around ? '…' : ''}${text.slice(Math.max(0, at - around), at)}`,
      hit: text.slice(at, end),
      after: `${text.slice(end, end + around)}${end + around < text.length ? '…' : ''}`,
    }
  }
  return null
}
