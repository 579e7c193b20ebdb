import type { Answer } from '../conversations/conversation.ts'
import { tokensPerSecond } from '../conversations/speed.ts'

/** How fast and how long an answer was, in one quiet line. */
export function AnswerFigures({ answer }: { readonly answer: Answer }) {
  const figures = figuresOf(answer)
  if (figures.length === 0) return null
  return (
    <p className="ml-1.5 text-xs tabular-nums" title={detailsOf(answer)}>
      {figures.join(' · ')}
    </p>
  )
}

function figuresOf(answer: Answer): string[] {
  const { usage, timing } = answer
  const speed = tokensPerSecond(answer)
  const figures: string[] = []
  if (speed !== null) figures.push(`${speed < 10 ? speed.toFixed(1) : count(Math.round(speed))} tokens/s`)
  if (usage !== null)
    figures.push(`${count(usage.outputTokens)} ${usage.outputTokens === 1 ? 'token' : 'tokens'}`)
  if (timing !== null) figures.push(seconds(timing.totalMs))
  return figures
}

function detailsOf({ usage, timing, model, at }: Answer): string {
  const details = [model, new Date(at).toLocaleString()]
  if (usage !== null) {
    const cached = usage.cachedTokens > 0 ? `, ${count(usage.cachedTokens)} of them from the cache` : ''
    details.push(`Prompt: ${count(usage.promptTokens)} tokens${cached}`)
  }
  if (timing?.firstTextMs != null) details.push(`First word after ${seconds(timing.firstTextMs)}`)
  return details.join('\n')
}

function count(tokens: number): string {
  return tokens.toLocaleString()
}

function seconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`
}
