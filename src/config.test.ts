import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig, settingEntries } from './config.ts'
import { UserError } from './errors.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'elpis-config-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function load(file: string, environment: Record<string, string> = {}, flags: Record<string, string> = {}) {
  if (file !== '') writeFileSync(join(home, 'elpis.toml'), file)
  const overrides = new Map(Object.entries(flags).map(([key, value]) => [key, { flag: '--flag', value }]))
  return loadConfig({ ELPIS_HOME: home, ...environment }, overrides)
}

function refusal(attempt: () => unknown): UserError {
  try {
    attempt()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('It was accepted.')
}

describe('where a value comes from', () => {
  test('defaults hold when nothing is set', () => {
    const config = load('')
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 4141 })
    expect(config.modelsFolder).toBe(join(home, 'models'))
    expect(config.sources.get('server.port')).toBe('default')
  })

  test('the environment overrides the file, a flag overrides both', () => {
    const file = '[server]\nport = 1111\nhost = "::1"\n[limits]\nqueue = 5\n'
    const config = load(file, { ELPIS_PORT: '2222', ELPIS_LIMITS_QUEUE: '6' }, { 'server.port': '3333' })
    expect(config.server).toMatchObject({ host: '::1', port: 3333 })
    expect(config.limits.queue).toBe(6)
    expect(config.sources.get('server.host')).toBe(join(home, 'elpis.toml'))
    expect(config.sources.get('limits.queue')).toBe('ELPIS_LIMITS_QUEUE')
    expect(config.sources.get('server.port')).toBe('--flag')
  })

  test('lists are separated by commas outside the file', () => {
    expect(load('', { ELPIS_MODELS_SERVE: 'a:1, b:2' }).models.serve).toEqual(['a:1', 'b:2'])
  })

  test('a variable that a setting names as the place of a secret may be called like one of ours', () => {
    const file = `
      [standing]
      webhook_secret_env = "ELPIS_WEBHOOK_SECRET"
      [standing.inbound.abuse-desk]
      secret_env = "ELPIS_ABUSE_DESK_SECRET"
      [oidc.acme]
      issuer = "https://id.acme.example"
      client_id = "elpis"
      client_secret_env = "ELPIS_OIDC_SECRET"
    `
    const secrets = { ELPIS_WEBHOOK_SECRET: 'a', ELPIS_ABUSE_DESK_SECRET: 'b', ELPIS_OIDC_SECRET: 'c' }
    expect(refusal(() => load('', secrets)).message).toContain('ELPIS_')
    expect(load(file, secrets).standing.webhook_secret_env).toBe('ELPIS_WEBHOOK_SECRET')
    const scraping = { ELPIS_MONITORING_SCRAPE_TOKEN_ENV: 'ELPIS_SCRAPE_TOKEN', ELPIS_SCRAPE_TOKEN: 'd' }
    expect(load('', scraping).monitoring.scrape_token_env).toBe('ELPIS_SCRAPE_TOKEN')
  })

  test('a name with a dot is refused by its whole name, and never taken for another', () => {
    const provider = 'issuer = "https://id.example"\nclient_id = "elpis"\n'
    const file = `[oidc."acme.a"]\n${provider}[oidc."acme.b"]\n${provider}`
    expect(refusal(() => load(file)).message).toContain('oidc.acme.a: ')
  })

  test('ELPIS_MODELS moves the store', () => {
    expect(load('', { ELPIS_MODELS: '/weights' }).modelsFolder).toBe('/weights')
  })

  test('every setting has a description and a variable of its own', () => {
    const entries = settingEntries()
    expect(entries.filter((entry) => entry.description === '')).toEqual([])
    expect(new Set(entries.map((entry) => entry.variable)).size).toBe(entries.length)
  })
})

describe('what is refused', () => {
  test('an unknown key names the nearest right one', () => {
    const error = refusal(() => load('[server]\nprot = 4141\n'))
    expect(error.message).toContain('there is no setting "server.prot"')
    expect(error.hint).toBe('Did you mean "server.port"?')
    expect(error.exit).toBe(2)
  })

  test('an unknown variable names the nearest right one', () => {
    expect(refusal(() => load('', { ELPIS_PROT: '1' })).hint).toBe('Did you mean "ELPIS_PORT"?')
  })

  test.each([
    ['[server]\nport = 70000\n', 'server.port'],
    ['[server]\nport = "4141"\n', 'server.port'],
    ['[server]\nport = 1.5\n', 'server.port'],
    ['[engine]\nsequences = 0\n', 'engine.sequences'],
    ['[engine]\nsequences = nan\n', 'engine.sequences'],
    ['[limits]\nanswer_seconds = inf\n', 'limits.answer_seconds'],
    ['[models]\nserve = "smollm2:135m"\n', 'models.serve'],
  ])('a wrong value is named: %j', (file, key) => {
    expect(refusal(() => load(file)).message).toContain(key)
  })

  test.each(['abc', ' ', '1e9', '0x10000', '-1', '4141.5'])('ELPIS_PORT=%j', (text) => {
    expect(refusal(() => load('', { ELPIS_PORT: text })).message).toContain('server.port')
  })

  test('an empty variable counts as none', () => {
    expect(load('', { ELPIS_PORT: '' }).server.port).toBe(4141)
  })

  test('a file that is not TOML names the line', () => {
    expect(refusal(() => load('[server]\nport = = 1\n')).message).toContain('elpis.toml:2')
  })

  test('a setting outside any section', () => {
    expect(refusal(() => load('port = 4141\n')).hint).toBe('Did you mean "server.port"?')
  })
})
