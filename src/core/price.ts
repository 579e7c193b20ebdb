import type { Usage } from './part.ts'

/** What a million tokens of a model cost, as the settings have it. */
export interface Price {
  /** A model, with or without its adapter, or `*`. */
  readonly model: string
  readonly input: number
  /** Left out: as `input`. */
  readonly cached?: number | undefined
  readonly output: number
}

/** The price of a model: its own, that of the model under its adapter, that of `*`; null when it costs nothing. */
export function priceOf(prices: readonly Price[], model: string): Price | null {
  const plus = model.lastIndexOf('+')
  const names = [model, ...(plus > 0 ? [model.slice(0, plus)] : []), '*']
  for (const name of names) {
    const price = prices.find((candidate) => candidate.model === name)
    if (price !== undefined) return price
  }
  return null
}

/**
 * Cost of one request in billionths of the currency: whole numbers, so that sums over them are exact. Rounded once, half
 * up.
 */
export function costOf(
  price: Price | null,
  { promptTokens, cachedTokens, outputTokens }: Pick<Usage, 'promptTokens' | 'cachedTokens' | 'outputTokens'>,
): number {
  if (price === null) return 0
  const { input, cached = input, output } = price
  // A unit a million tokens is a thousand billionths a token.
  return Math.round(
    1000 * (input * (promptTokens - cachedTokens) + cached * cachedTokens + output * outputTokens),
  )
}
