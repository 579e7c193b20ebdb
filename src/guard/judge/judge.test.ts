import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { Judge } from './judge.ts'
import { JudgeModel } from './model.ts'

interface Expected {
  readonly text: string
  readonly response: string | null
  /** Verdicts, then hazards, before calibration: at a glance, and after the last layer. */
  readonly glance: readonly number[]
  readonly judge: readonly number[]
}
const expected = JSON.parse(
  readFileSync(new URL('../models/expected.json', import.meta.url), 'utf8'),
) as readonly Expected[]
const opened: Judge[] = []
afterEach(async () => {
  for (const judge of opened.splice(0)) await judge.close()
})

/** What eight-bit activations and seven-bit weights may change of a logit. */
const tolerance = 0.35

test('the judge computes what training computed, but for rounding', () => {
  const model = new JudgeModel()
  for (const { text, response, glance, judge } of expected) {
    const logits = model.logits(text, response)
    // Verdicts that are asked for: harm of a prompt or of a response, and attack.
    for (const output of [response === null ? 0 : 1, 2]) {
      expect(Math.abs((logits.glance[output] ?? NaN) - (glance[output] ?? NaN))).toBeLessThan(tolerance)
      expect(Math.abs((logits.last[output] ?? NaN) - (judge[output] ?? NaN))).toBeLessThan(tolerance)
    }
  }
})

test('threads compute the same; a passage alone and among others gets the same scores', async () => {
  const [model, judge] = [new JudgeModel(), new Judge({ threads: 3, patience: 60_000 })]
  opened.push(judge)
  const passages = expected.map(({ text, response }) => ({ prompt: text, response }))
  const scores = passages.map((it) => model.score(it))
  // Twice, so that every thread has its share and they compute beside one another.
  for (let round = 0; round < 2; round++) {
    expect(await Promise.all(passages.map((it) => judge.score(it)))).toEqual(scores)
  }
}, 60_000)

test('what is too long is an error, not a verdict on a part of it', async () => {
  const judge = new Judge({ patience: 60_000 })
  opened.push(judge)
  await expect(judge.score({ prompt: 'one two three '.repeat(4000), response: null })).rejects.toThrow(
    'too long to be judged',
  )
  await expect(judge.score({ prompt: 'Good morning', response: null })).resolves.toHaveProperty('harm')
}, 60_000)

const passage = { prompt: 'Good morning', response: null }
/** A thread that says that it is ready, and then does as `code` says with each `message`. */
const thread = (code: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(
      `import { parentPort, workerData } from 'node:worker_threads'
       const shared = workerData.shared ?? { met: new Int32Array(new SharedArrayBuffer(4)) }
       parentPort.postMessage({ type: 'ready', shared })
       /** Whether no thread met anything before. */
       const isFirst = () => Atomics.add(shared.met, 0, 1) === 0
       const scored = ({ id }) => parentPort.postMessage({ type: 'scores', id, scores: { harm: workerData.thread, attack: 0, hazards: {} } })
       parentPort.on('message', (message) => { ${code} })`,
    )}`,
  )

test('threads that die or cannot start are an error for all who wait, and the next passage gets new ones', async () => {
  const dying = new Judge({ threads: 2, entry: thread('process.exit(1)') })
  const broken = new Judge({
    threads: 2,
    entry: new URL("data:text/javascript,throw new Error('no weights')"),
  })
  opened.push(dying, broken)
  for (const judge of [dying, broken]) {
    await expect(judge.score(passage)).rejects.toThrow('judge')
    await Promise.all([1, 2, 3].map(() => expect(judge.score(passage)).rejects.toThrow('judge')))
  }
})

test('a thread that hangs is given up; whoever waited too long for it gets an error', async () => {
  const judge = new Judge({ threads: 1, patience: 300, entry: thread('for (;;);') })
  opened.push(judge)
  await expect(judge.score(passage)).rejects.toThrow('too long')
})

test.each(['process.exit(1)', 'for (;;);'])(
  'what a thread was given that ends once with %s is judged all the same',
  async (end) => {
    const entry = thread(`if (isFirst()) { ${end} } else scored(message)`)
    for (const threads of [1, 2]) {
      const judge = new Judge({ threads, patience: 8000, entry })
      opened.push(judge)
      const scores = await Promise.all(Array.from({ length: 6 }, () => judge.score(passage)))
      expect(scores).toHaveLength(6)
    }
  },
)

test('what ends every thread that it meets is an error, and what waited beside it is judged', async () => {
  const judge = new Judge({
    threads: 1,
    entry: thread("if (message.passage.prompt === 'bad') process.exit(1); scored(message)"),
  })
  opened.push(judge)
  const [bad, good] = await Promise.allSettled([
    judge.score({ prompt: 'bad', response: null }),
    judge.score(passage),
  ])
  expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled'])
})

test('threads share the work', async () => {
  const judge = new Judge({ threads: 3, entry: thread('setTimeout(scored, 30, message)') })
  opened.push(judge)
  const scores = await Promise.all(Array.from({ length: 60 }, () => judge.score(passage)))
  expect(new Set(scores.map(({ harm }) => harm))).toEqual(new Set([0, 1, 2]))
})

describe('who waits', () => {
  /** Judges one passage after another, from when it is told to: what is asked before then waits together. */
  const oneByOne = thread('scored(message)')
  const turn = (account: string, later = false) => ({ account, later })

  /** In which order they were judged, by the names of those who asked. */
  async function order(asked: readonly { readonly account: string; readonly later: boolean }[]) {
    const judge = new Judge({ threads: 1, patience: 30_000, entry: oneByOne })
    opened.push(judge)
    const served: string[] = []
    await Promise.all(asked.map((one) => judge.score(passage, one).then(() => served.push(one.account))))
    return served
  }

  test('accounts take turns: who asks much waits for themselves', async () => {
    const served = await order([...Array.from({ length: 40 }, () => turn('much')), turn('one'), turn('two')])
    expect(served.indexOf('one')).toBeLessThan(4)
    expect(served.indexOf('two')).toBeLessThan(4)
  })

  test('what nobody’s question or answer waits for comes last', async () => {
    const moderations = Array.from({ length: 20 }, (_, index) => turn(`moderation ${index}`, true))
    const served = await order([...moderations, turn('question'), turn('question'), turn('answer')])
    expect(served.slice(0, 3).toSorted()).toEqual(['answer', 'question', 'question'])
  })

  test('one account cannot fill it for others, nor moderations for questions', async () => {
    const judge = new Judge({ threads: 1, patience: 30_000, entry: oneByOne })
    opened.push(judge)
    const moderations = Array.from({ length: 2000 }, (_, index) => turn(`moderation ${index}`, true))
    const flood = Array.from({ length: 2000 }, () => turn('much'))
    const judged = Promise.allSettled([...flood, ...moderations].map((one) => judge.score(passage, one)))
    await expect(judge.score(passage, turn('one'))).resolves.toHaveProperty('harm')
    const refused = (await judged).filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(976 + 976)
    expect(String((refused[0] as PromiseRejectedResult).reason)).toContain('too many passages wait')
  })
})

test('a closed judge says no', async () => {
  const judge = new Judge()
  const waiting = judge.score({ prompt: 'Good morning', response: null })
  waiting.catch(() => {})
  await judge.close()
  await expect(waiting).rejects.toThrow('closed')
  await expect(judge.score({ prompt: 'Good morning', response: null })).rejects.toThrow('closed')
})
