import { array, assert, integer, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BriefEvent } from '../brief-protocol.ts'
import type { Embedder } from './embedder.ts'
import { EmbeddingQueue } from './embedding-queue.ts'

const contextTokens = 50

/** Gives for a sequence its length and the sum of its tokens; notes every step. */
function summingEmbedder(sequences: number) {
  let added: Int32Array[] = []
  let last: Int32Array[] = []
  const steps: number[][] = []
  const broken = { now: false }
  const embedder: Embedder = {
    width: 2,
    contextTokens,
    sequences,
    add(sequence, tokens) {
      expect(sequence).toBe(added.length)
      added.push(tokens)
    },
    run() {
      last = added
      added = []
      steps.push(last.map((tokens) => tokens.length))
      return !broken.now
    },
    vector: (sequence) => vectorOf(last[sequence]!),
  }
  return { embedder, steps, broken }
}

function vectorOf(tokens: ArrayLike<number>): Float32Array {
  return Float32Array.of(
    tokens.length,
    Array.from(tokens).reduce((sum, token) => sum + token, 0),
  )
}

function queueOf(sequences = 4, stepTokens = 20) {
  const events: BriefEvent[] = []
  const { embedder, steps, broken } = summingEmbedder(sequences)
  const queue = new EmbeddingQueue({ embedder, stepTokens, report: (more) => events.push(...more) })
  return { queue, events, steps, broken }
}

function rowsOf(events: readonly BriefEvent[], job: number): number[][] {
  return events.flatMap((event) =>
    event.type === 'vectors' && event.job === job
      ? Array.from({ length: event.values.length / event.width }, (_, row) =>
          Array.from(event.values.subarray(row * event.width, (row + 1) * event.width)),
        )
      : [],
  )
}

const input = array(nat(1000), { minLength: 1, maxLength: contextTokens })
const job = array(input, { minLength: 1, maxLength: 12 })

describe('vectors', () => {
  test('come in order and whole for every job, whatever runs beside it', () => {
    assert(
      property(array(job, { minLength: 1, maxLength: 6 }), integer({ min: 1, max: 6 }), (jobs, most) => {
        const { queue, events, steps } = queueOf(most)
        for (const [id, inputs] of jobs.entries())
          queue.submit(
            id,
            inputs.map((tokens) => Int32Array.from(tokens)),
          )
        for (let step = 0; queue.busy; step++) {
          expect(step).toBeLessThan(100)
          queue.step()
        }
        for (const [id, inputs] of jobs.entries()) {
          expect(rowsOf(events, id)).toEqual(inputs.map((tokens) => [...vectorOf(tokens)]))
          const promptTokens = inputs.reduce((sum, tokens) => sum + tokens.length, 0)
          expect(events.findLast((event) => event.job === id)).toEqual({
            type: 'ended',
            job: id,
            promptTokens,
          })
        }
        for (const lengths of steps) {
          expect(lengths.length).toBeLessThanOrEqual(most)
          // Only an input that is alone in its step may be longer than a step.
          const tokens = lengths.reduce((sum, length) => sum + length)
          expect(lengths.length === 1 || tokens <= 20).toBe(true)
        }
      }),
    )
  })

  test('of a job of one text do not wait for a job of hundreds', () => {
    const { queue, events, steps } = queueOf(1)
    queue.submit(
      1,
      Array.from({ length: 300 }, () => Int32Array.of(1)),
    )
    queue.step()
    queue.submit(2, [Int32Array.of(2)])
    while (rowsOf(events, 2).length === 0) queue.step()
    expect(steps.length).toBeLessThanOrEqual(3)
  })
})

describe('a job', () => {
  test('with an input that is too long costs nothing', () => {
    const { queue, events } = queueOf()
    queue.submit(1, [Int32Array.of(1), new Int32Array(contextTokens + 1)])
    expect(events).toEqual([{ type: 'too-long', job: 1, input: 1, tokens: 51, contextTokens }])
    expect(queue.busy).toBe(false)
  })

  test('that is cancelled ends at once, and others go on', () => {
    const { queue, events } = queueOf(1)
    queue.submit(1, [Int32Array.of(1), Int32Array.of(2)])
    queue.submit(2, [Int32Array.of(3)])
    queue.cancel(1)
    expect(events).toEqual([{ type: 'ended', job: 1, promptTokens: 2 }])
    while (queue.busy) queue.step()
    expect(rowsOf(events, 1)).toEqual([])
    expect(rowsOf(events, 2)).toHaveLength(1)
    queue.cancel(2)
    expect(events.filter((event) => event.type === 'ended')).toHaveLength(2)
  })

  test('whose step fails says so; the next one is computed', () => {
    const { queue, events, broken } = queueOf(1)
    broken.now = true
    queue.submit(1, [Int32Array.of(1)])
    queue.step()
    expect(events).toMatchObject([{ type: 'failed', job: 1 }])
    expect(queue.failures).toBe(1)
    broken.now = false
    queue.submit(2, [Int32Array.of(1)])
    queue.step()
    expect(queue.failures).toBe(0)
    expect(events.at(-1)).toMatchObject({ type: 'ended', job: 2 })
  })

  test('without tokens is refused, without inputs ends', () => {
    const { queue, events } = queueOf()
    queue.submit(1, [new Int32Array(0)])
    queue.submit(2, [])
    expect(events).toMatchObject([
      { type: 'failed', job: 1 },
      { type: 'ended', job: 2, promptTokens: 0 },
    ])
  })
})
