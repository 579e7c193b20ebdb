import { useState } from 'react'
import type { Conversations } from '../conversations/reducer.ts'
import { isAnswering, type StoreState } from '../conversations/store.ts'
import { useStore } from '../services.tsx'

/** What the list shows of a conversation. */
export interface Summary {
  readonly id: string
  readonly title: string
  readonly updatedAt: number
  readonly answering: boolean
}

/** All conversations, newest first; the same array for as long as nothing in it has changed. */
export function useSummaries(): readonly Summary[] {
  const [select] = useState(summariesSelector)
  return useStore(select)
}

/** An answer grows many times a second, and the list has nothing to do with it: unchanged rows stay what they were. */
function summariesSelector(): (state: StoreState) => readonly Summary[] {
  let last: Conversations = {}
  let summaries: readonly Summary[] = []
  return ({ conversations }) => {
    if (conversations === last) return summaries
    const known = new Map(summaries.map((summary) => [summary.id, summary]))
    const next = Object.values(conversations)
      .map((conversation) => {
        if (last[conversation.id] === conversation)
          return known.get(conversation.id) ?? summaryOf(conversation)
        const fresh = summaryOf(conversation)
        const old = known.get(conversation.id)
        return old !== undefined && same(old, fresh) ? old : fresh
      })
      .sort((one, other) => other.updatedAt - one.updatedAt)
    last = conversations
    const unchanged =
      next.length === summaries.length && next.every((summary, index) => summary === summaries[index])
    if (!unchanged) summaries = next
    return summaries
  }
}

function summaryOf(conversation: Conversations[string]): Summary {
  const { id, title, updatedAt } = conversation
  return { id, title, updatedAt, answering: isAnswering(conversation) }
}

function same(one: Summary, other: Summary): boolean {
  return one.title === other.title && one.updatedAt === other.updatedAt && one.answering === other.answering
}
