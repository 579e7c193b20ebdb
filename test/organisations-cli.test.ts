/** Organisations, people, keys and quotas by the command line, without a server; all of it is in the log. */
import { expect, test } from 'vitest'
import type { ActEntry } from '../src/audit/log-entry.ts'
import { elpis, freshHome } from './support/elpis.ts'

test('an organisation is set up, bounded and removed', async () => {
  await using home = freshHome()
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await elpis(home, words)
    const json = words.includes('--json') && stdout !== '' ? (JSON.parse(stdout) as object) : null
    return { code, stderr, json }
  }
  expect((await run('orgs', 'create', 'acme')).code).toBe(0)
  expect((await run('people', 'add', 'Ada', '--email', 'ada@acme.example', '--org', 'acme')).code).toBe(0)
  const promoted = await run('people', 'role', 'ada@acme.example', 'admin', '--json')
  expect(promoted.json).toMatchObject({ role: 'admin' })
  const wishes = ['--person', 'Ada', '--expires', '30d', '--scope', 'answers,models', '--service']
  const bounds = ['--networks', '10.0.0.0/8', '--rate', '60/minute']
  const key = await run('keys', 'create', '--name', 'ada', '--json', ...wishes, ...bounds)
  expect(key.json).toMatchObject({ id: expect.any(String), key: expect.any(String), name: 'ada' })
  expect((await run('keys', 'rotate', 'ada', '--json')).json).toMatchObject({ key: expect.any(String) })
  expect((await run('keys', 'list', '--json')).json).toMatchObject({
    keys: [{ service: true, limits: { scopes: ['answers', 'models'], networks: ['10.0.0.0/8'] } }],
  })
  const quota = await run('quotas', 'set', 'org:acme', '--cost', '2.5', '--per', 'month', '--json')
  expect(quota.json).toMatchObject({ meter: 'cost', period: 'month', amount: 2_500_000_000 })
  expect((await run('quotas', 'list', '--json')).json).toMatchObject({ quotas: [{ used: 0 }] })
  expect((await run('quotas', 'rm', (quota.json as { id: string }).id)).code).toBe(0)
  expect((await run('orgs', 'rm', 'acme')).code).toBe(0)
  expect((await run('people', 'list', '--json')).json).toEqual({ people: [] })
  expect((await run('orgs', 'rm', 'home')).code).toBe(2)

  const exported = (await elpis(home, ['audit', 'export'])).stdout
  const entries = exported
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ActEntry)
  expect(entries.map(({ kind, by, details }) => [kind, by, details['change'] ?? null])).toEqual([
    ['organisation-changed', 'owner', 'created'],
    ['person-changed', 'owner', 'added'],
    ['person-changed', 'owner', 'role'],
    ['key-created', 'owner', null],
    ['key-rotated', 'owner', null],
    ['quota-changed', 'owner', 'set'],
    ['quota-changed', 'owner', 'removed'],
    ['organisation-changed', 'owner', 'removed'],
  ])
  for (const secret of [(key.json as { key: string }).key, 'acme', 'Ada'])
    expect(exported).not.toContain(secret)
  // The export itself is the ninth.
  const verified = await run('audit', 'verify', 'log', '--json')
  expect(verified).toMatchObject({ code: 0, json: { ok: true, size: 9, acts: 9 } })
}, 120_000)

test.each([
  [['people', 'add', 'Ada', '--role', 'king'], 'There is no role'],
  [['quotas', 'set', 'server', '--requests', 'many', '--per', 'day'], 'is no amount'],
  [['quotas', 'set', 'server', '--requests', '1'], '--per is'],
  [['keys', 'create', '--name', 'x', '--networks', 'everywhere'], 'no network'],
  [['keys', 'create', '--name', 'x', '--rate', 'often'], 'no rate'],
])('%j is refused, with the reason', async (words, problem) => {
  await using home = freshHome()
  const { code, stderr } = await elpis(home, words)
  expect([code === 2 || code === 3, stderr]).toEqual([true, expect.stringContaining(problem)])
})
