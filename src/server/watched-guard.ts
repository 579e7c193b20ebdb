import type { Part } from '../core/part.ts'
import type { GuardStage } from '../pipeline/stages.ts'

/**
 * The same guard; `held` is told how long text was held back until it was judged, in seconds: from the first part that
 * came in since the last one left, until that one leaves.
 */
export function watchedGuard(guard: GuardStage, held: (seconds: number) => void): GuardStage {
  return {
    get policy() {
      return guard.policy
    },
    judgeInput: (judged) => guard.judgeInput(judged),
    async *release(drafted, question, judged) {
      let since: number | null = null
      async function* noting(): AsyncGenerator<Part> {
        for await (const part of drafted) {
          if (isText(part)) since ??= performance.now()
          yield part
        }
      }
      for await (const part of guard.release(noting(), question, judged)) {
        if (isText(part) && since !== null) {
          held((performance.now() - since) / 1000)
          since = null
        }
        yield part
      }
    },
  }
}

function isText({ type }: Part): boolean {
  return type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-call-delta'
}
