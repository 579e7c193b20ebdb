import type { Part, Usage } from '../core/part.ts'

/**
 * Several answers as one: choices are counted on from answer to answer, `choices` each, and usage is added up. No more
 * than `atOnce` run at the same time; the first that fails ends all, by `abort`, which aborts the signal of each.
 */
export async function* sideBySide(
  answers: readonly (() => AsyncGenerator<Part>)[],
  { choices, atOnce, abort }: { choices: number; atOnce: number; abort: () => void },
): AsyncGenerator<Part> {
  const running = new Map<AsyncGenerator<Part>, Promise<Step>>()
  const waiting = [...answers.entries()]
  let usage: Usage | null = null
  let started = false
  const take = (parts: AsyncGenerator<Part>, first: number) => {
    running.set(
      parts,
      parts.next().then((result) => ({ parts, first, part: result.done === true ? null : result.value })),
    )
  }
  const begin = () => {
    const next = waiting.shift()
    if (next !== undefined) take(next[1](), next[0] * choices)
  }
  try {
    while (running.size < atOnce && waiting.length > 0) begin()
    while (running.size > 0) {
      const { parts, first, part } = await Promise.race(running.values())
      running.delete(parts)
      if (part === null) {
        begin()
        continue
      }
      take(parts, first)
      if (part.type === 'usage') usage = sum(usage, part.usage)
      else if (part.type !== 'start') yield 'choice' in part ? { ...part, choice: first + part.choice } : part
      else if (!started) {
        started = true
        yield part
      }
      if (part.type === 'error') return
    }
    if (usage !== null) yield { type: 'usage', usage }
  } finally {
    // Without it they would end at their next part only, however long they wait for that.
    abort()
    await Promise.all([...running.keys()].map((parts) => parts.return(undefined)))
  }
}

interface Step {
  readonly parts: AsyncGenerator<Part>
  /** Its first choice among all. */
  readonly first: number
  /** Null at its end. */
  readonly part: Part | null
}

function sum(left: Usage | null, right: Usage): Usage {
  if (left === null) return right
  return {
    promptTokens: left.promptTokens + right.promptTokens,
    cachedTokens: left.cachedTokens + right.cachedTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    reasoningTokens: left.reasoningTokens + right.reasoningTokens,
  }
}
