import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'

function logging(level: 'info' | 'silent' | 'debug', pretty: boolean) {
  const lines: string[] = []
  const log = createLog({ level, pretty, write: (line) => lines.push(line), now: () => 0 })
  return { log, lines }
}

describe('the log', () => {
  test('is one JSON object a line for machines', () => {
    const { log, lines } = logging('info', false)
    log('info', 'request', { route: '/v1\n{"fake":1}', ms: 3 })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).not.toContain('\n')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      event: 'request',
      route: '/v1\n{"fake":1}',
      ms: 3,
    })
  })

  test('says no more than its level', () => {
    const quiet = logging('silent', false)
    quiet.log('error', 'gone')
    expect(quiet.lines).toEqual([])
    const usual = logging('info', false)
    usual.log('debug', 'detail')
    usual.log('warn', 'careful')
    expect(usual.lines).toHaveLength(1)
    const all = logging('debug', false)
    all.log('debug', 'detail')
    expect(all.lines).toHaveLength(1)
  })

  test('lets nothing from outside steer a terminal or fake a line', () => {
    const { log, lines } = logging('info', true)
    log('info', 'request', { model: '\u001B[2J\r\nfake\u202E', code: null, ms: 3 })
    const shown = stripVTControlCharacters(lines[0] ?? '')
    expect(shown).toBe('00:00:00 request model=\\u{1b}[2J\\u{d}\\u{a}fake\\u{202e} ms=3\n')
  })
})
