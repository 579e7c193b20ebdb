import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  endToken,
  SimulatedModel,
  simulatedToken,
  simulatedVocabulary,
} from '../../../test/support/simulated-model.ts'
import type { Sampling } from '../../core/request.ts'
import type { Job, JobEvent } from '../protocol.ts'
import { Scheduler } from './scheduler.ts'
import { SequenceCache } from './sequence-cache.ts'

const sampling: Sampling = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  repeatPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  seed: 5,
}

interface Shape {
  readonly cells?: number
  readonly sequences?: number
  readonly contextTokens?: number
  readonly stepTokens?: number
  readonly ordered?: boolean
  readonly beside?: number
}

/** A scheduler over a simulated model, and everything that it reported. */
class Bench {
  readonly model: SimulatedModel
  readonly cache: SequenceCache
  readonly scheduler: Scheduler
  readonly events: JobEvent[] = []
  readonly reports: (readonly JobEvent[])[] = []

  constructor(shape: Shape = {}) {
    const { cells = 400, sequences = 4, contextTokens = 100, stepTokens = 32, beside = 8 } = shape
    this.model = new SimulatedModel(cells, stepTokens)
    this.cache = new SequenceCache(this.model, { cells, sequences, ordered: shape.ordered ?? true })
    this.scheduler = new Scheduler({
      decoder: this.model,
      cache: this.cache,
      sequences,
      contextTokens,
      prefillTokens: { alone: stepTokens, beside },
      token: simulatedToken,
      suppressed: [],
      report: (events) => {
        this.reports.push(events)
        this.events.push(...events)
      },
    })
  }

  submit(job: Partial<Job> & { readonly id: number }, prompt: readonly number[]): void {
    const defaults: Omit<Job, 'id'> = {
      prompt: [],
      addBos: false,
      sampling,
      choices: 1,
      maxTokens: 20,
      stop: [],
      ignoreEos: false,
      topLogprobs: null,
    }
    this.scheduler.submit({ ...defaults, ...job }, Int32Array.from(prompt))
  }

  /** Steps until nothing is left to do. */
  finish(most = 100_000): this {
    for (let step = 0; this.scheduler.busy; step++) {
      if (step === most) throw new Error('never ends')
      this.scheduler.step()
    }
    return this
  }

  of<Type extends JobEvent['type']>(type: Type, job: number): Extract<JobEvent, { type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<JobEvent, { type: Type }> => event.type === type && event.job === job,
    )
  }

  text(job: number, choice = 0): string {
    return this.of('text', job)
      .filter((event) => event.choice === choice)
      .map(({ text }) => text)
      .join('')
  }

  /** Nothing is left of anybody. */
  get clean(): boolean {
    return this.cache.live === 0 && this.model.used === 0
  }
}

const promptOf = (seed: number, length: number) =>
  Array.from(
    { length },
    (_, index) => 1 + ((seed * 37 + index * index * 11 + index) % (simulatedVocabulary - 1)),
  )

/** What a job says when it has a roomy scheduler to itself. */
function alone(job: Partial<Job>, prompt: readonly number[], contextTokens: number): Bench {
  const bench = new Bench({ cells: 4000, sequences: 16, contextTokens, stepTokens: 4000 })
  bench.submit({ ...job, id: 0 }, prompt)
  return bench.finish()
}

const jobs = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 70 }),
    maxTokens: fc.option(fc.integer({ min: 1, max: 60 })),
    choices: fc.integer({ min: 1, max: 5 }),
    ignoreEos: fc.boolean(),
    seed: fc.nat(1000),
    /** Steps before it arrives, and after which it is cancelled. */
    delay: fc.nat(6),
    cancelAfter: fc.option(fc.nat(40), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 9 },
)

describe('many at once', () => {
  test('each says what it says alone, in any room, and nothing is left behind', () => {
    const shapes = fc.record({
      cells: fc.integer({ min: 80, max: 600 }),
      sequences: fc.integer({ min: 1, max: 8 }),
      stepTokens: fc.integer({ min: 8, max: 64 }),
      beside: fc.integer({ min: 1, max: 16 }),
    })
    fc.assert(
      fc.property(jobs, shapes, (list, shape) => {
        const contextTokens = 80
        const bench = new Bench({ ...shape, contextTokens })
        const cancels = new Map<number, number[]>()
        let steps = 0
        for (const [id, job] of list.entries()) {
          for (let wait = 0; wait < job.delay; wait++, steps++) {
            for (const late of cancels.get(steps) ?? []) bench.scheduler.cancel(late)
            bench.scheduler.step()
          }
          bench.submit({ ...job, id, sampling: { ...sampling, seed: job.seed } }, promptOf(id, job.length))
          if (job.cancelAfter === null) continue
          const at = steps + job.cancelAfter
          cancels.set(at, [...(cancels.get(at) ?? []), id])
        }
        for (; bench.scheduler.busy; steps++) {
          if (steps > 50_000) throw new Error('never ends')
          for (const late of cancels.get(steps) ?? []) bench.scheduler.cancel(late)
          bench.scheduler.step()
        }
        for (const [id, job] of list.entries()) {
          const settings = { ...job, sampling: { ...sampling, seed: job.seed } }
          const solo = alone(settings, promptOf(id, job.length), contextTokens)
          expect(bench.of('ended', id).length).toBe(1)
          const finished = bench.of('finished', id).toSorted((left, right) => left.choice - right.choice)
          expect(finished.map(({ choice }) => choice)).toEqual([...Array(job.choices).keys()])
          const said = finished.map(({ choice, reason }) => ({ reason, text: bench.text(id, choice) }))
          const expected = finished.map(({ choice, reason }) => {
            const text = solo.text(0, choice)
            // A cancelled one got as far as it got.
            if (reason === 'cancelled') return { reason, text: text.slice(0, bench.text(id, choice).length) }
            return { reason: solo.of('finished', 0).find((event) => event.choice === choice)?.reason, text }
          })
          expect(said).toEqual(expected)
        }
        expect(bench.clean).toBe(true)
      }),
      { numRuns: 120 },
    )
  }, 60_000)

  test('the first come is served first, and a later one takes the place of the first that ends', () => {
    const bench = new Bench({ sequences: 2 })
    for (const id of [0, 1, 2]) bench.submit({ id, maxTokens: 5 + id, ignoreEos: true }, promptOf(id, 5))
    bench.scheduler.step()
    expect(bench.events.filter(({ type }) => type === 'started').map(({ job }) => job)).toEqual([0, 1])
    while (bench.of('ended', 0).length === 0) bench.scheduler.step()
    bench.scheduler.step()
    expect(bench.of('started', 2).length).toBe(1)
    expect(bench.finish().clean).toBe(true)
  })

  test('answers go on by one token a step while a long prompt comes in beside them', () => {
    const bench = new Bench({ beside: 4 })
    bench.submit({ id: 0, maxTokens: 30, ignoreEos: true }, promptOf(0, 3))
    bench.scheduler.step()
    bench.submit({ id: 1, maxTokens: 3, ignoreEos: true }, promptOf(1, 40))
    for (let step = 2; step <= 10; step++) {
      bench.scheduler.step()
      expect(bench.text(0).length).toBe(step)
    }
    expect(bench.text(1)).toBe('')
    expect(bench.finish().clean).toBe(true)
  })

  test('events of a step come in one report', () => {
    const bench = new Bench()
    for (const id of [0, 1, 2]) bench.submit({ id, maxTokens: 4, ignoreEos: true }, promptOf(id, 3))
    bench.finish()
    expect(bench.reports.length).toBe(bench.model.steps)
  })
})

describe('answers', () => {
  test('several choices compute their prompt once', () => {
    const bench = new Bench()
    bench.submit({ id: 0, choices: 4, maxTokens: 2, ignoreEos: true }, promptOf(0, 20))
    bench.scheduler.step()
    expect(bench.model.used).toBe(20)
    bench.finish()
    expect(bench.of('ended', 0)[0]?.usage).toEqual({ promptTokens: 20, cachedTokens: 0, outputTokens: 8 })
    expect(new Set([0, 1, 2, 3].map((choice) => bench.text(0, choice))).size).toBeGreaterThan(1)
    expect(bench.clean).toBe(true)
  })

  test('end at the end of the context when no limit is given', () => {
    const bench = new Bench({ contextTokens: 30 })
    bench.submit({ id: 0, maxTokens: null, ignoreEos: true }, promptOf(0, 20))
    expect(bench.finish().clean).toBe(true)
    expect(bench.of('finished', 0)[0]?.reason).toBe('length')
    expect(bench.of('ended', 0)[0]?.usage.outputTokens).toBe(10)
  })

  test('end with the turn, whose token is counted and not seen', () => {
    const bench = new Bench()
    const always = new Map([[endToken, 100]])
    bench.submit({ id: 0, sampling: { ...sampling, logitBias: always } }, promptOf(0, 4))
    expect(bench.finish().clean).toBe(true)
    expect(bench.text(0)).toBe('')
    expect(bench.of('finished', 0)[0]?.reason).toBe('stop')
    expect(bench.of('ended', 0)[0]?.usage.outputTokens).toBe(1)
  })

  test('end before a stop string', () => {
    const whole = alone({ ignoreEos: true, maxTokens: 20 }, promptOf(3, 5), 100).text(0)
    const bench = new Bench()
    bench.submit({ id: 0, ignoreEos: true, stop: [whole.slice(7, 10)] }, promptOf(3, 5))
    expect(bench.finish().clean).toBe(true)
    expect(bench.text(0)).toBe(whole.slice(0, whole.indexOf(whole.slice(7, 10))))
    expect(bench.of('finished', 0)[0]?.reason).toBe('stop')
  })

  test('of no tokens compute nothing', () => {
    const bench = new Bench()
    bench.submit({ id: 0, maxTokens: 0, choices: 2 }, promptOf(0, 4))
    expect(bench.scheduler.busy).toBe(false)
    expect(bench.events.map(({ type }) => type)).toEqual(['started', 'finished', 'finished', 'ended'])
    expect(bench.model.steps).toBe(0)
  })

  test('probabilities are those of the model, whatever the settings', () => {
    const cold = new Bench()
    cold.submit(
      { id: 0, topLogprobs: 2, sampling: { ...sampling, temperature: 0 }, maxTokens: 1 },
      promptOf(0, 4),
    )
    const hot = new Bench()
    hot.submit(
      { id: 0, topLogprobs: 2, sampling: { ...sampling, temperature: 2, topK: 3 }, maxTokens: 1 },
      promptOf(0, 4),
    )
    const top = (bench: Bench) => bench.finish().of('text', 0)[0]?.logprobs?.[0]?.top
    expect(top(cold)).toEqual(top(hot))
    const [first, second] = top(cold) ?? []
    expect(first?.logprob).toBeGreaterThan(second?.logprob ?? 0)
  })
})

describe('refusals and failures', () => {
  test('a prompt as long as the context is too long, and both numbers are told', () => {
    const bench = new Bench({ contextTokens: 30 })
    bench.submit({ id: 0 }, promptOf(0, 30))
    expect(bench.events).toEqual([{ type: 'too-long', job: 0, promptTokens: 30, contextTokens: 30 }])
    bench.submit({ id: 1 }, promptOf(0, 29))
    expect(bench.finish().of('ended', 1)[0]?.usage.outputTokens).toBe(1)
  })

  test('an empty prompt fails by itself', () => {
    const bench = new Bench()
    bench.submit({ id: 0 }, [])
    expect(bench.events).toEqual([{ type: 'failed', job: 0, reason: 'the prompt is empty' }])
  })

  test('a cancelled job is gone at once: waiting, in its prompt, and while it answers', () => {
    const bench = new Bench({ sequences: 1, stepTokens: 8 })
    bench.submit({ id: 0, ignoreEos: true }, promptOf(0, 20))
    bench.submit({ id: 1, ignoreEos: true }, promptOf(1, 4))
    bench.submit({ id: 2, ignoreEos: true }, promptOf(2, 4))
    bench.scheduler.step()
    bench.scheduler.cancel(2)
    bench.scheduler.cancel(0)
    expect(bench.model.used).toBe(0)
    for (let step = 0; step < 3; step++) bench.scheduler.step()
    bench.scheduler.cancel(1)
    expect(bench.clean).toBe(true)
    expect(bench.scheduler.busy).toBe(false)
    for (const id of [0, 1, 2])
      expect(bench.of('finished', id).map(({ reason }) => reason)).toEqual(['cancelled'])
    const before = bench.events.length
    bench.scheduler.cancel(1)
    bench.scheduler.cancel(99)
    expect(bench.events.length).toBe(before)
  })

  test('a step that cannot be computed fails those that run; those that wait go on', () => {
    const bench = new Bench({ sequences: 2 })
    for (const id of [0, 1, 2]) bench.submit({ id, ignoreEos: true, maxTokens: 4 }, promptOf(id, 4))
    bench.scheduler.step()
    bench.model.faults.push('broken')
    bench.scheduler.step()
    expect(bench.scheduler.failures).toBe(1)
    expect(bench.finish().clean).toBe(true)
    expect(bench.scheduler.failures).toBe(0)
    for (const id of [0, 1]) expect(bench.of('failed', id).length).toBe(1)
    expect(bench.text(2)).toBe(alone({ ignoreEos: true, maxTokens: 4 }, promptOf(2, 4), 100).text(0))
  })

  test('when the cache has no room after all, the youngest waits', () => {
    const bench = new Bench()
    for (const id of [0, 1]) bench.submit({ id, ignoreEos: true }, promptOf(id, 4))
    bench.scheduler.step()
    bench.model.faults.push('no-room')
    expect(bench.finish().clean).toBe(true)
    for (const id of [0, 1]) {
      expect(bench.text(id)).toBe(alone({ ignoreEos: true, maxTokens: 20 }, promptOf(id, 4), 100).text(0))
    }
  })

  test('logits that leave no choice fail the job, not its neighbours', () => {
    const bench = new Bench()
    const everything = new Map(
      Array.from({ length: simulatedVocabulary }, (_, token) => [token, -100] as const),
    )
    bench.submit({ id: 0, choices: 3, sampling: { ...sampling, logitBias: everything } }, promptOf(0, 4))
    bench.submit({ id: 1, ignoreEos: true }, promptOf(1, 4))
    expect(bench.finish().clean).toBe(true)
    expect(bench.of('failed', 0).length).toBe(1)
    expect(bench.of('ended', 0).length).toBe(0)
    expect(bench.text(1)).toBe(alone({ ignoreEos: true, maxTokens: 20 }, promptOf(1, 4), 100).text(0))
  })
})
