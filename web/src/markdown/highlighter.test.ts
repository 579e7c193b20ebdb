import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Highlighter, type HighlightWorker } from './highlighter.ts'
import type { HighlightJob, HighlightResult } from './token.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const coloured = (text: string) => [[{ text, kind: 'keyword' }]]

/** Answers every job but those whose code is `hang`, which it never comes back from. */
class TestWorker implements HighlightWorker {
  terminated = false
  #answer: (event: MessageEvent<HighlightResult>) => void = () => {}

  postMessage({ id, code }: HighlightJob): void {
    if (code === 'hang') return
    void Promise.resolve().then(() =>
      this.#answer(new MessageEvent('message', { data: { id, lines: coloured(code) } })),
    )
  }

  terminate(): void {
    this.terminated = true
  }

  addEventListener(type: string, listener: (event: MessageEvent<HighlightResult>) => void): void {
    if (type === 'message') this.#answer = listener
  }
}

function setUp() {
  const workers: TestWorker[] = []
  const highlighter = new Highlighter(() => {
    const worker = new TestWorker()
    workers.push(worker)
    return worker
  })
  return { workers, highlighter }
}

test('one worker does one job after the other', async () => {
  const { workers, highlighter } = setUp()
  const lines = await Promise.all(['a', 'b', 'c'].map((code) => highlighter.highlight(code, 'python')))
  expect(lines).toEqual([coloured('a'), coloured('b'), coloured('c')])
  expect(workers).toHaveLength(1)
})

test('a job that never ends costs its worker, not those who wait behind it', async () => {
  const { workers, highlighter } = setUp()
  const stuck = highlighter.highlight('hang', 'python')
  const behind = highlighter.highlight('b', 'python')
  await vi.advanceTimersByTimeAsync(8000)
  expect(await stuck).toBeNull()
  expect(await behind).toEqual(coloured('b'))
  expect(workers.map(({ terminated }) => terminated)).toEqual([true, false])
})

test('after five lost workers code stays plain', async () => {
  const { workers, highlighter } = setUp()
  const stuck = Array.from({ length: 7 }, () => highlighter.highlight('hang', 'python'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await Promise.all(stuck)).toEqual(Array.from({ length: 7 }, () => null))
  expect(await highlighter.highlight('a', 'python')).toBeNull()
  expect(workers).toHaveLength(5)
})

test('very long code stays plain', async () => {
  const { workers, highlighter } = setUp()
  expect(await highlighter.highlight('x'.repeat(60_001), 'python')).toBeNull()
  expect(workers).toHaveLength(0)
})

test('a browser that starts no worker shows plain code', async () => {
  const highlighter = new Highlighter(() => {
    throw new Error('blocked')
  })
  expect(await highlighter.highlight('a', 'python')).toBeNull()
})
