import type { Part } from '../../src/core/part.ts'

/** All parts of an answer. */
export async function collect(parts: AsyncIterable<Part>): Promise<Part[]> {
  const collected: Part[] = []
  for await (const part of parts) collected.push(part)
  return collected
}

/** The text of one choice. */
export function textOf(parts: readonly Part[], choice = 0): string {
  return parts.map((part) => (part.type === 'text-delta' && part.choice === choice ? part.text : '')).join('')
}

/** The code of the error that an answer ended with; null when it ended well. */
export function errorOf(parts: readonly Part[]): string | null {
  const last = parts.at(-1)
  return last?.type === 'error' ? last.error.code : null
}
