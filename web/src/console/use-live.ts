import { useEffect, useState } from 'react'
import { z } from '../schema.ts'

const momentSchema = z.object({
  at: z.number(),
  running: z.number(),
  tokensPerSecond: z.number(),
  requests: z.number(),
  failed: z.number(),
  guardHits: z.number(),
  serverMemoryBytes: z.number(),
  models: z.array(
    z.object({
      model: z.string(),
      state: z.string(),
      active: z.number(),
      queued: z.number(),
      memoryBytes: z.nullable(z.number()),
    }),
  ),
  streams: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      account: z.string(),
      seconds: z.number(),
      tokens: z.number(),
    }),
  ),
})

export type Moment = z.infer<typeof momentSchema>

/** Something that happened; ids, codes and numbers. */
export interface Happening {
  readonly id: string
  readonly type: string
  readonly at: number
  readonly facts: readonly (readonly [string, string])[]
}

const happeningSchema = z.looseObject({ at: z.number() })
const mostMoments = 120
const mostHappenings = 50
const types = ['request-ended', 'guard-hit', 'alert', 'standing-act'] as const

export interface LiveView {
  /** The last two minutes, oldest first. */
  readonly moments: readonly Moment[]
  /** Newest first. */
  readonly happenings: readonly Happening[]
  readonly connected: boolean
}

/** Follows the server while the page is looked at. */
export function useLive(): LiveView {
  const [view, setView] = useState<LiveView>({ moments: [], happenings: [], connected: false })
  useEffect(() => {
    const source = new EventSource('/v1/admin/events')
    source.addEventListener('open', () =>
      setView((before) => ({ ...before, happenings: [], connected: true })),
    )
    source.addEventListener('error', () => setView((before) => ({ ...before, connected: false })))
    source.addEventListener('moment', ({ data }: MessageEvent<string>) => {
      const parsed = z.safeParse(momentSchema, json(data))
      if (!parsed.success) return
      setView((before) => ({ ...before, moments: [...before.moments, parsed.data].slice(-mostMoments) }))
    })
    for (const type of types) {
      source.addEventListener(type, ({ data, lastEventId }: MessageEvent<string>) => {
        const parsed = z.safeParse(happeningSchema, json(data))
        if (!parsed.success) return
        const { at, ...rest } = parsed.data
        const facts = Object.entries(rest).flatMap(([name, value]): (readonly [string, string])[] =>
          typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
            ? [[name, String(value)]]
            : Array.isArray(value) && value.length > 0
              ? [[name, value.join(', ')]]
              : [],
        )
        const happening = { id: lastEventId, type, at, facts }
        setView((before) => ({
          ...before,
          happenings: [happening, ...before.happenings].slice(0, mostHappenings),
        }))
      })
    }
    return () => source.close()
  }, [])
  return view
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
