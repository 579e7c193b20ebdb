import type { Conversation } from '../conversations/conversation.ts'
import { asJson, asMarkdown, fileName } from '../conversations/export.ts'
import { download } from '../ui/download.ts'

export function exportMarkdown(conversation: Conversation): void {
  download(fileName(conversation.title, 'md'), 'text/markdown', asMarkdown(conversation))
}

/** One conversation goes under its own name, several under a common one. */
export function exportJson(conversations: readonly Conversation[]): void {
  const [only] = conversations
  const title = conversations.length === 1 && only !== undefined ? only.title : 'elpis conversations'
  download(fileName(title, 'json'), 'application/json', asJson(conversations))
}
