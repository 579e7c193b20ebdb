import { z } from 'zod'
import type { Reasoning } from '../../core/request.ts'

/** How hard a model shall think, as OpenAI names it. */
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])

/** Most tokens of thought. */
const budgets = { minimal: 256, low: 1024, medium: 4096, high: 16_384, xhigh: null } as const

/** What templates that are told of it know. */
const templateEfforts = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
} as const

/** Left out, the model's own template decides. */
export function reasoningOf(asked: z.infer<typeof effort> | null | undefined): Reasoning {
  if (asked == null) return { mode: 'default', budget: null }
  if (asked === 'none') return { mode: 'off', budget: null }
  return { mode: 'on', budget: budgets[asked], effort: templateEfforts[asked] }
}
