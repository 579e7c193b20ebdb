import type { Conversation, Message } from './conversation.ts'

/** The branch that is shown, first message first. */
export function shownPath(conversation: Conversation): Message[] {
  return pathTo(conversation, conversation.leaf)
}

/** From the first message to the one named, which is the last. */
export function pathTo({ messages }: Conversation, id: string | null): Message[] {
  const path: Message[] = []
  for (let message = lookUp(messages, id); message !== null; message = lookUp(messages, message.parent)) {
    path.push(message)
  }
  return path.toReversed()
}

/** All versions of one message, oldest first; itself among them. */
export function versionsOf({ messages }: Conversation, message: Message): Message[] {
  return Object.values(messages)
    .filter(({ parent }) => parent === message.parent)
    .sort(byAge)
}

/** The end of the newest branch through the message named. */
export function newestLeaf({ messages }: Conversation, id: string): string {
  const children = Map.groupBy(Object.values(messages), ({ parent }) => parent)
  let leaf = id
  for (;;) {
    const newest = children.get(leaf)?.sort(byAge).at(-1)
    if (newest === undefined) return leaf
    leaf = newest.id
  }
}

function byAge(one: Message, other: Message): number {
  return one.at - other.at || (one.id < other.id ? -1 : 1)
}

function lookUp(messages: Conversation['messages'], id: string | null): Message | null {
  return id === null ? null : (messages[id] ?? null)
}
