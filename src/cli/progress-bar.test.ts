import { expect, test } from 'vitest'
import { duration, ProgressBar } from './progress-bar.ts'

function bar(interactive: boolean, columns = 100) {
  let now = 0
  const written: string[] = []
  const display = new ProgressBar({ write: (text) => written.push(text), interactive, columns }, () => now)
  return { display, written, pass: (milliseconds: number) => (now += milliseconds) }
}

test('on a terminal the line is redrawn with percent, size, rate and what is left', () => {
  const { display, written, pass } = bar(true)
  display.show('fetching', 0, 100_000_000)
  pass(1_000)
  display.show('fetching', 25_000_000, 100_000_000)
  const line = written.at(-1) ?? ''
  expect(line.startsWith('\r\u001B[K')).toBe(true)
  expect(line.slice(4)).toMatch(
    /^ {2}fetching {2}25% {2}━{8}─{22} {2}25\.0 MB of 100 MB {2}25\.0 MB\/s {2}3 s left$/,
  )
  expect(line).not.toContain('\n')
})

test('it is drawn no more than ten times a second, and at the end', () => {
  const { display, written, pass } = bar(true)
  for (let step = 0; step <= 1_000; step++) {
    display.show('fetching', step, 1_000)
    pass(1)
  }
  expect(written.length).toBeLessThanOrEqual(12)
  expect(written.at(-1)).toContain('100%')
})

test('elsewhere there is a plain line every few seconds', () => {
  const { display, written, pass } = bar(false)
  for (let step = 0; step <= 20; step++) {
    display.show('fetching', step * 1_000_000, 100_000_000)
    pass(1_000)
  }
  expect(written).toHaveLength(5)
  for (const sign of ['\r', '\u001B', '━']) expect(written.join('')).not.toContain(sign)
})

test('a narrow terminal gets no bar, and no line that wraps', () => {
  const { display, written, pass } = bar(true, 60)
  display.show('fetching', 0, 100_000_000)
  pass(1_000)
  display.show('fetching', 25_000_000, 100_000_000)
  expect(written.at(-1)).not.toContain('━')
})

test.for([
  [0.2, '1 s'],
  [59.4, '59 s'],
  [125, '2 min 5 s'],
  [4_320, '1 h 12 min'],
] as const)('%d seconds are %s', ([seconds, text]) => expect(duration(seconds)).toBe(text))
