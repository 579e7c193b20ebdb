import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Conversation } from '../conversations/conversation.ts'
import { modelsQuery } from '../server/queries.ts'
import { problemOf, type Problem } from '../server/problem.ts'
import { useServices } from '../services.tsx'

export interface ModelChoice {
  readonly models: readonly string[]
  /** The one that is asked next; null while none is known. */
  readonly model: string | null
  readonly choose: (model: string) => void
  /** Why no model is known; null when there are some, or they are still being asked for. */
  readonly problem: Problem | null
  readonly retry: () => void
}

/** The model of a conversation, or of the new one for null: as chosen, as long as it is served, else the first one. */
export function useModel(conversation: Conversation | null): ModelChoice {
  const { store } = useServices()
  const [forNew, setForNew] = useState<string | null>(null)
  const { data: models = [], error, refetch } = useQuery(modelsQuery)
  const chosen = conversation === null ? forNew : conversation.model
  return {
    models,
    model: chosen !== null && models.includes(chosen) ? chosen : (models[0] ?? null),
    choose: (model) => {
      if (conversation === null) setForNew(model)
      else store.dispatch({ type: 'configured', id: conversation.id, change: { model } })
    },
    problem: error === null ? null : problemOf(error),
    retry: () => void refetch(),
  }
}
