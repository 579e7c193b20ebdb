import type { Answer } from './conversation.ts'

/**
 * Tokens per second of the writing alone: reading the prompt and waiting in line are not in it, for the first token
 * starts the clock. Null when there is too little to measure.
 */
export function tokensPerSecond({ usage, timing }: Pick<Answer, 'usage' | 'timing'>): number | null {
  if (usage === null || timing?.firstTextMs == null || usage.outputTokens < 2) return null
  const seconds = (timing.totalMs - timing.firstTextMs) / 1000
  return seconds > 0.02 ? (usage.outputTokens - 1) / seconds : null
}
