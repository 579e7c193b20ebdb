import { z } from 'zod'
import type { JsonObject } from '../core/request.ts'

const objects = z.record(z.string(), z.json())

/**
 * Arguments of a call as an object, for protocols that know no JSON text there. What is none (the model broke off, or
 * wrote something else) is kept under a name that says so, as Anthropic's documentation does with invalid JSON
 * (docs.anthropic.com, "Fine-grained tool streaming").
 */
export function argumentsObject(text: string): JsonObject {
  if (text.trim() === '') return {}
  try {
    const parsed = objects.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data as JsonObject
  } catch {
    // Not JSON: see above.
  }
  return { INVALID_JSON: text }
}
