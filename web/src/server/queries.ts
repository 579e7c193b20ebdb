import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { callFor } from './call.ts'
import { ProblemError } from './problem.ts'

const modelList = z.object({
  data: z.array(z.object({ id: z.string(), abilities: z.array(z.string()) })),
})
const health = z.object({
  policy: z.optional(z.string()),
  version: z.optional(z.string()),
})

/** The names of the models that answer: those that only embed have nothing to say here. */
export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => callFor(modelList, '/v1/models', { signal }),
  select: (list) =>
    list.data.filter(({ abilities }) => abilities.includes('generate')).map((model) => model.id),
  staleTime: 60_000,
})

/** What the server says about itself to anybody. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => callFor(health, '/health', { signal }),
  staleTime: 300_000,
})

/** Another try may help; it does not when the server has understood and said no. */
export function worthRetrying(failures: number, error: Error): boolean {
  const status = error instanceof ProblemError ? error.problem.status : null
  return failures < 2 && (status === null || status >= 500)
}
