import { z } from 'zod'
import type { ModelStatus } from '../core/engine.ts'
import type { Credentials } from '../core/principal.ts'
import { stateWord } from '../core/model-state.ts'
import { elpisError } from '../errors.ts'
import { errorBody } from './error-body.ts'
import { defineRoute, type Route } from './route.ts'

const modelHealth = z.object({
  model: z.string(),
  state: z.enum(['unloaded', 'loading', 'ready', 'restarting', 'failed']),
  fraction: z.number().optional().describe('How far loading is, 0 to 1.'),
  reason: z.string().optional(),
  active: z.int().describe('Answers being generated.'),
  queued: z.int().describe('Requests that wait.'),
})

const health = z.object({
  status: z.literal('live'),
  ready: z.boolean().describe('The database answers and every model can, if need be after it was loaded.'),
  policy: z.string().describe('The policy of the guard. `open`: no guard judges requests or answers.'),
  guard: z
    .array(
      z.object({
        layer: z.string(),
        reason: z.string(),
        at: z.iso.datetime().describe('The last time.'),
      }),
    )
    .optional()
    .describe('Only with a key: what of the guard could not judge within the last minute, and why.'),
  version: z.string().optional().describe('Only with a key.'),
  models: z.array(modelHealth).optional().describe('Only with a key.'),
})

const readiness = z.object({ ready: z.literal(true) })

export interface HealthParts {
  readonly status: () => readonly ModelStatus[]
  /** @throws an error of storage while it cannot be read: everybody is refused then */
  readonly mustBeCurrent: () => void
  readonly policy: () => string
  readonly guard: () => readonly { readonly layer: string; readonly reason: string; readonly at: number }[]
  readonly version: string
  /** Whether these credentials are good. */
  readonly known: (credentials: Credentials) => Promise<boolean>
}

/** `/health` says that the server lives, `/ready` that it can answer. Strangers learn no names and no load. */
export function healthRoutes({ status, mustBeCurrent, policy, guard, version, known }: HealthParts): Route[] {
  /** Null when all is. What is wrong with the database stands in the log: strangers learn no paths. */
  const notReady = (models: readonly ModelStatus[]): string | null => {
    try {
      mustBeCurrent()
    } catch {
      return 'its database does not answer'
    }
    const waiting = models.find(({ state }) => !canAnswer(state))
    if (waiting !== undefined) return `its model is ${stateWord(waiting.state)}`
    return models.length === 0 ? 'its model is being prepared' : null
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/health',
      summary: 'Say that the server lives',
      needs: 'nothing',
      answers: { 200: { description: 'It lives.', schema: health } },
      async handle({ exchange }): Promise<z.infer<typeof health>> {
        const models = status()
        const coarse = { status: 'live', ready: notReady(models) === null, policy: policy() } as const
        if (!(await known(exchange.credentials))) return coarse
        const failing = guard().map(({ layer, reason, at }) => {
          return { layer, reason, at: new Date(at).toISOString() }
        })
        return { ...coarse, guard: failing, version, models: models.map(healthOf) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ready',
      summary: 'Say whether the database and every model can answer',
      needs: 'nothing',
      answers: {
        200: { description: 'All can.', schema: readiness },
        503: { description: 'Not yet.', schema: errorBody },
      },
      async handle(): Promise<z.infer<typeof readiness>> {
        const reason = notReady(status())
        if (reason === null) return { ready: true }
        const error = elpisError('not_ready', { reason })
        error.retryAfter = 1
        throw error
      },
    }),
  ]
}

/** One that is not loaded is, for the first who asks. */
function canAnswer({ state }: ModelStatus['state']): boolean {
  return state === 'ready' || state === 'unloaded'
}

function healthOf({ model, state, active, queued }: ModelStatus): z.infer<typeof modelHealth> {
  return { model, ...state, active, queued }
}
