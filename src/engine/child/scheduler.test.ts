import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  endToken,
  SimulatedModel,
  simulatedToken,
  simulatedVocabulary,
} from '../../../test/support/simulated-model.ts'
import { plainSampling, type Sampling } from '../../core/request.ts'
import type { Job, JobEvent } from '../protocol.ts'
import { DraftModel } from './draft-model.ts'
import { Scheduler } from './scheduler.ts'
import { SequenceCache } from './sequence-cache.ts'
import { FixedPace, MeasuredPace, type Pace } from './step-pace.ts'

const sampling: Sampling = {
  ...plainSampling,
  seed: 5,
}

interface Shape {
  readonly cells?: number
  readonly sequences?: number
  readonly contextTokens?: number
  readonly stepTokens?: number
  readonly ordered?: boolean
  readonly beside?: number
  readonly parkedBytes?: number
  readonly divisible?: boolean
  /** Native sequences besides those that run. */
  readonly spare?: number
  /** What a drafted token costs; null is no drafts. */
  readonly draftCost?: number | null
  /** Milliseconds that a step takes. */
  readonly stepTakes?: number
  /** The pace is measured, on a machine whose steps take so long, and longer by so much with each of their tokens. */
  readonly machine?: { readonly step: number; readonly token: number }
  /** Another model drafts: one that says the same, or one that has lost its way. */
  readonly draft?: 'same' | 'lost' | null
}

const paceOf = (beside: number, cost: number | null): Pace => ({
  tokensBeside: () => beside,
  costOfToken: () => cost,
  costOf: () => cost,
  observe: () => undefined,
})

function draftModelOf(decoder: SimulatedModel): DraftModel {
  return new DraftModel({ decoder, slots: 4, readTokens: 8, ratio: 0.1, now: () => 0 })
}

/** A scheduler over a simulated model, and everything that it reported. */
class Bench {
  readonly model: SimulatedModel
  readonly cache: SequenceCache
  readonly scheduler: Scheduler
  readonly events: JobEvent[] = []
  readonly reports: (readonly JobEvent[])[] = []
  /** What drafts, when something does. */
  readonly draft: SimulatedModel | null
  readonly #machine: NonNullable<Shape['machine']>

  constructor(shape: Shape = {}) {
    this.#machine = shape.machine ?? { step: shape.stepTakes ?? 0, token: 0 }
    const { cells = 400, sequences = 4, contextTokens = 100, stepTokens = 32, beside = 8 } = shape
    this.model = new SimulatedModel(cells, stepTokens)
    const { ordered = true, divisible = true, parkedBytes = 100_000, spare = 6 } = shape
    const kept = { ordered, divisible, parkedBytes, savedTokens: Infinity }
    this.cache = new SequenceCache(this.model, { cells, sequences, numbers: sequences + spare, ...kept })
    this.draft = shape.draft == null ? null : new SimulatedModel(4 * contextTokens, stepTokens)
    if (shape.draft === 'lost') this.draft?.use(1)
    this.scheduler = new Scheduler({
      ...(this.draft === null ? {} : { draftModel: draftModelOf(this.draft) }),
      decoder: this.model,
      cache: this.cache,
      sequences,
      contextTokens,
      tokensAlone: stepTokens,
      pace:
        shape.machine !== undefined
          ? new MeasuredPace()
          : shape.draftCost === undefined
            ? new FixedPace(beside)
            : paceOf(beside, shape.draftCost),
      drafts: 'measured',
      now: () => this.milliseconds,
      token: simulatedToken,
      suppressed: [],
      report: (events) => {
        this.reports.push(events)
        this.events.push(...events)
      },
    })
  }

  get milliseconds(): number {
    const { step, token } = this.#machine
    return this.model.steps * step + this.model.computed * token
  }

  submit(job: Partial<Job> & { readonly id: number }, prompt: readonly number[], openTokens = 0): void {
    const defaults: Omit<Job, 'id'> = {
      prompt: [],
      addBos: false,
      sampling,
      choices: 1,
      maxTokens: 20,
      stop: [],
      ignoreEos: false,
      topLogprobs: null,
      adapter: null,
      cacheScope: '',
      open: null,
    }
    this.scheduler.submit({ ...defaults, ...job }, Int32Array.from(prompt), openTokens)
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

  /** Nobody runs, and every cell is accounted for. */
  get clean(): boolean {
    const { live, idle, garbage, running } = this.cache
    return live === 0 && running === 0 && this.model.used === idle + garbage
  }
}

const promptOf = (seed: number, length: number) =>
  Array.from(
    { length },
    (_, index) => 1 + ((seed * 37 + index * index * 11 + index) % (simulatedVocabulary - 1)),
  )

/** A prompt that begins as all others do. */
function mixedPrompt(seed: number, { length, common }: { readonly length: number; readonly common: number }) {
  return [...promptOf(99, Math.min(common, length)), ...promptOf(seed, Math.max(0, length - common))]
}

function samplingOf({ seed, dull }: { readonly seed: number; readonly dull: number }): Sampling {
  return { ...sampling, seed, logitBias: new Map([[7, dull]]) }
}

/** What a job says when it has a roomy scheduler to itself. */
function alone(job: Partial<Job>, prompt: readonly number[], contextTokens: number): Bench {
  const bench = new Bench({ cells: 4000, sequences: 16, contextTokens, stepTokens: 4000 })
  bench.submit({ ...job, id: 0 }, prompt)
  return bench.finish()
}

const jobs = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 70 }),
    /** How much of the prompt is as everybody has it. */
    common: fc.integer({ min: 0, max: 60 }),
    adapter: fc.option(fc.nat(1), { freq: 1 }),
    cacheScope: fc.constantFrom('us', 'them'),
    /** How much more likely one token is than it would be: some texts repeat themselves. */
    dull: fc.constantFrom(0, 3, 6),
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
      parkedBytes: fc.constantFrom(0, 4000, 100_000),
      spare: fc.integer({ min: 2, max: 9 }),
      draftCost: fc.constantFrom(null, 0.01, 0.5),
      draft: fc.constantFrom(null, 'same' as const, 'lost' as const),
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
          const own = { ...job, id, sampling: samplingOf(job) }
          bench.submit(own, mixedPrompt(id, job), Math.min(job.length, 20))
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
          const settings = { ...job, sampling: samplingOf(job) }
          const solo = alone(settings, mixedPrompt(id, job), contextTokens)
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

  test.each([
    { step: 20, token: 0.5 },
    { step: 20, token: 5 },
    { step: 4, token: 0.05 },
  ])('their largest gap stays under three times the usual one while 2,000 tokens come in: %j', (machine) => {
    const bench = new Bench({ machine, cells: 8000, sequences: 6, contextTokens: 4000, stepTokens: 2048 })
    for (const id of [0, 1, 2, 3]) bench.submit({ id, maxTokens: 1500, ignoreEos: true }, promptOf(id, 3))
    // Each of the four says a token in every step: what a step takes is their gap.
    const gap = () => {
      const begun = bench.milliseconds
      bench.scheduler.step()
      return bench.milliseconds - begun
    }
    for (let step = 0; step < 100; step++) gap()
    const usual = gap()
    bench.submit({ id: 4, maxTokens: 1, ignoreEos: true }, promptOf(4, 2000))
    let largest = 0
    while (bench.of('ended', 4).length === 0) largest = Math.max(largest, gap())
    expect(largest / usual).toBeGreaterThan(1)
    expect(largest / usual).toBeLessThan(3)
  })

  test('text waits a moment for more of it, but not at the beginning or the end of an answer', () => {
    const bench = new Bench({ stepTakes: 10 })
    bench.submit({ id: 0, maxTokens: 15, ignoreEos: true }, [3, 4])
    bench.finish()
    const tokens = bench.of('text', 0).map((event) => event.tokens)
    expect(tokens).toEqual([...Array.from({ length: 8 }, () => 1), 3, 3, 1])
    expect(bench.of('text', 0).reduce((length, { text }) => length + text.length, 0)).toBe(15)
    expect(bench.events.map(({ type }) => type).slice(-2)).toEqual(['finished', 'ended'])
  })

  test('events of a step come in one report', () => {
    const bench = new Bench()
    for (const id of [0, 1, 2]) bench.submit({ id, maxTokens: 4, ignoreEos: true }, promptOf(id, 3))
    bench.finish()
    expect(bench.reports.length).toBe(bench.model.steps)
  })
})

describe('what prompts have in common', () => {
  const job = { maxTokens: 4, ignoreEos: true }

  test('is computed once, though all come at the same time, and everybody is told so', () => {
    const bench = new Bench({ sequences: 8, stepTokens: 16, contextTokens: 100 })
    for (let id = 0; id < 8; id++)
      bench.submit({ id, ...job }, [...promptOf(50, 60), ...promptOf(id, 3 + id)])
    bench.scheduler.step()
    // The first one computes it; the others wait for that.
    expect(bench.events.filter(({ type }) => type === 'started').length).toBe(1)
    bench.finish()
    expect(bench.of('started', 0)[0]?.cachedTokens).toBe(0)
    for (let id = 1; id < 8; id++) {
      expect(bench.of('started', id)[0]?.cachedTokens).toBeGreaterThanOrEqual(60 - 16)
      expect(bench.of('ended', id)[0]?.usage.cachedTokens).toBe(bench.of('started', id)[0]?.cachedTokens)
      const solo = alone(job, [...promptOf(50, 60), ...promptOf(id, 3 + id)], 100)
      expect(bench.text(id)).toBe(solo.text(0))
    }
    expect(bench.clean).toBe(true)
  })

  test('a short question of another kind passes those that wait for it', () => {
    const bench = new Bench({ stepTokens: 8, beside: 8 })
    for (const id of [0, 1]) bench.submit({ id, ...job }, [...promptOf(50, 70), ...promptOf(id, 4)])
    bench.submit({ id: 2, ...job }, promptOf(7, 6))
    while (bench.of('ended', 2).length === 0) bench.scheduler.step()
    expect(bench.of('text', 0)).toEqual([])
    expect(bench.finish().clean).toBe(true)
  })

  test('a conversation goes on where it ended', () => {
    const bench = new Bench()
    bench.submit({ id: 0, ...job }, promptOf(1, 30))
    const answer = Array.from(bench.finish().text(0), (character) => character.charCodeAt(0) - 32)
    bench.submit({ id: 1, ...job }, [...promptOf(1, 30), ...answer, 5, 6])
    // The last token of an answer was never computed.
    expect(bench.finish().of('started', 1)[0]?.cachedTokens).toBe(30 + answer.length - 1)
  })

  test('stays within its scope, but for what is open, and within its adapter', () => {
    const bench = new Bench()
    bench.submit({ id: 0, ...job, cacheScope: 'us' }, promptOf(1, 60), 20)
    bench.finish()
    bench.submit({ id: 1, ...job, cacheScope: 'them' }, promptOf(1, 60), 20)
    bench.finish()
    bench.submit({ id: 2, ...job, cacheScope: 'us', adapter: 0 }, promptOf(1, 60), 20)
    bench.finish()
    bench.submit({ id: 3, ...job, cacheScope: 'us' }, promptOf(1, 60), 20)
    bench.finish()
    expect([0, 1, 2, 3].map((id) => bench.of('started', id)[0]?.cachedTokens)).toEqual([0, 20, 0, 59])
  })

  test('nobody waits for another scope to compute the same: it would tell what that one asked', () => {
    const bench = new Bench({ stepTokens: 8 })
    for (const id of [0, 1]) bench.submit({ id, ...job, cacheScope: `scope ${id}` }, promptOf(1, 60))
    bench.scheduler.step()
    expect(bench.of('started', 1).length).toBe(1)
    bench.finish()
  })

  test('a step is computed with one adapter, and they take turns', () => {
    const bench = new Bench()
    for (const [id, adapter] of [null, 0, 1].entries())
      bench.submit({ id, adapter, maxTokens: 6, ignoreEos: true }, promptOf(id, 3))
    bench.finish()
    expect(bench.model.adapters.slice(0, 9)).toEqual([0, 1, null, 0, 1, null, 0, 1, null])
    expect(bench.clean).toBe(true)
  })

  test('a long prompt and short ones go in together, and the long one is done in the end', () => {
    const bench = new Bench({ sequences: 16, cells: 2000, stepTokens: 8, beside: 8 })
    bench.submit({ id: 0, ...job }, promptOf(1, 90))
    let id = 1
    for (; bench.of('ended', 0).length === 0; id++) {
      if (id > 300) throw new Error('the long prompt never gets its turn')
      bench.submit({ id, ...job, maxTokens: 1 }, promptOf(id + 1, 7))
      bench.scheduler.step()
    }
    expect(bench.of('ended', 1).length).toBe(1)
    expect(bench.finish().clean).toBe(true)
  })
})

describe('drafts', () => {
  const dull = { ...sampling, logitBias: new Map([[7, 100]]) }

  test('that are right save steps, and leave nothing of themselves in text and cache', () => {
    const steps = [null, 0.01].map((draftCost) => {
      const bench = new Bench({ draftCost })
      bench.submit({ id: 0, sampling: dull, maxTokens: 60, stop: [] }, promptOf(1, 10))
      expect(bench.finish().clean).toBe(true)
      expect(bench.text(0)).toBe(String.fromCharCode(32 + 7).repeat(60))
      expect(bench.of('ended', 0)[0]?.usage.outputTokens).toBe(60)
      return bench.model.steps
    })
    expect(steps[0]).toBe(60)
    expect(steps[1]).toBeLessThan(25)
  })

  test('that are wrong are taken back, and what is cached is what was said', () => {
    const bench = new Bench({ draftCost: 0.01 })
    const some = { ...sampling, logitBias: new Map([[7, 6]]) }
    bench.submit({ id: 0, sampling: some, maxTokens: 60, ignoreEos: true }, promptOf(1, 10))
    const text = bench.finish().text(0)
    const answer = Array.from(text, (character) => character.charCodeAt(0) - 32)
    expect(text).toBe(alone({ sampling: some, maxTokens: 60, ignoreEos: true }, promptOf(1, 10), 100).text(0))
    expect(bench.model.steps).toBeLessThan(60)
    bench.submit({ id: 1, maxTokens: 1 }, [...promptOf(1, 10), ...answer])
    expect(bench.finish().of('started', 1)[0]?.cachedTokens).toBe(10 + 59)
  })

  test('of a model that says the same save steps, one that is lost does no harm, and one that fails is let go', () => {
    const prompt = promptOf(3, 40)
    const wanted = alone({ maxTokens: 40, ignoreEos: true }, prompt, 100).text(0)
    const steps = (['same', 'lost'] as const).map((draft) => {
      const bench = new Bench({ draftCost: 0.01, draft })
      bench.submit({ id: 0, maxTokens: 40, ignoreEos: true }, prompt)
      expect(bench.finish().text(0)).toBe(wanted)
      expect(bench.clean).toBe(true)
      const { proposed, right } = bench.scheduler.occupancy.drafts!
      expect(proposed).toBeGreaterThan(0)
      expect(draft === 'same' ? right === proposed : right < proposed / 2).toBe(true)
      return bench.model.steps
    })
    expect(steps[0]).toBeLessThan(20)
    expect(steps[1]).toBeLessThan(50)

    const broken = new Bench({ draftCost: 0.01, draft: 'same' })
    broken.draft!.faults.push('broken')
    broken.submit({ id: 0, maxTokens: 40, ignoreEos: true }, prompt)
    expect(broken.finish().text(0)).toBe(wanted)
    expect(broken.draft!.steps).toBe(0)
    expect(broken.scheduler.occupancy.drafts).toEqual({ proposed: 0, right: 0 })
  })

  test('of a model: what it read for one organisation it reads again for another', () => {
    const bench = new Bench({ draftCost: 0.01, draft: 'same' })
    const read = (cacheScope: string, id: number) => {
      const before = bench.draft!.steps
      bench.submit({ id, maxTokens: 20, ignoreEos: true, cacheScope }, promptOf(3, 60))
      bench.finish()
      return bench.draft!.steps - before
    }
    const first = read('us', 0)
    expect(read('us', 1)).toBeLessThan(first)
    expect(read('them', 2)).toBe(first)
  })

  test('are not made while prompts come in, nor for many answers', () => {
    const bench = new Bench({ draftCost: 0.01, sequences: 8 })
    for (let id = 0; id < 5; id++)
      bench.submit({ id, sampling: dull, maxTokens: 20, ignoreEos: true }, promptOf(id, 10))
    bench.finish()
    expect(bench.model.steps).toBeGreaterThanOrEqual(20)
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
    expect(bench.cache.live).toBe(0)
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
