import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Part } from '../../core/part.ts'
import { fold } from '../../pipeline/fold.ts'
import { answerParts } from '../../../test/support/answer-parts.ts'
import { lineWire } from './line-wire.ts'
import { Stopwatch } from './stopwatch.ts'

interface Line {
  done: boolean
  done_reason?: string
  content: string
  thinking?: string
  tool_calls?: object[]
  eval_count?: number
}

async function* stream(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts
}

const wireOf = () =>
  lineWire({ model: 'm', now: () => 0, stopwatch: new Stopwatch(() => 0, 0), said: (said) => said })

test('lines add up to the whole answer, whatever comes in it', async () => {
  await fc.assert(
    fc.asyncProperty(answerParts, async (parts) => {
      const wire = wireOf()
      const lines = parts.flatMap((part) =>
        part.type === 'error' || part.type === 'loading' ? [] : wire.events(part),
      ) as Line[]
      const whole = wireOf().whole(await fold(stream(parts), 1)) as Line
      expect({
        content: lines.map(({ content }) => content).join(''),
        thinking: lines.map(({ thinking }) => thinking ?? '').join(''),
        calls: lines.flatMap(({ tool_calls: calls }) => calls ?? []),
        reason: lines.at(-1)?.done_reason,
        count: lines.at(-1)?.eval_count,
      }).toEqual({
        content: whole.content,
        thinking: whole.thinking ?? '',
        calls: whole.tool_calls ?? [],
        reason: whole.done_reason,
        count: whole.eval_count,
      })
      expect(lines.filter(({ done }) => done)).toHaveLength(1)
      expect(lines.at(-1)?.done).toBe(true)
    }),
    { numRuns: 300 },
  )
})
