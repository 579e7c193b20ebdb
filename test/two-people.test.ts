/** Erasing and exporting what people said takes two of those who run a server, where its settings say so. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { apiServer } from './support/api-server.ts'
import { elpis, freshHome, serveElpis, type Home } from './support/elpis.ts'
import { fakeEngine } from './support/fake-engine.ts'

interface Asked {
  readonly proposal: {
    readonly id: string
    readonly act: string
    readonly subject: string
    readonly by: string
  }
}

/** A home where somebody asked something, with an owner Ann and an admin Bob. */
async function usedHome(settings = '') {
  const home = freshHome()
  writeFileSync(join(home.path, 'elpis.toml'), `[models]\nserve = []\n[audit]\ncontent = "all"\n${settings}`)
  await using server = await apiServer(fakeEngine(), { home: home.path })
  const keyOf = async (name: string, role: 'owner' | 'admin') => {
    const { directory } = server.access
    const { id } = await directory.addPerson({ name, email: `${name}@example.org`, role })
    return { id, key: (await server.access.createKey(name, { person: id, role })).key }
  }
  const messages = [{ role: 'user', content: 'What is in the box?' }]
  const answer = await server.post('/v1/chat/completions', { model: 'fake:1b', messages })
  await answer.text()
  const entry = answer.headers.get('elpis-receipt') ?? ''
  const [ann, bob] = [await keyOf('ann', 'owner'), await keyOf('bob', 'admin')]
  return { home, ann, bob, entry, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() }
}

function query(home: Home, sql: string): Record<string, unknown> | undefined {
  const database = new DatabaseSync(join(home.path, 'elpis.db'), { readOnly: true })
  try {
    return database.prepare(sql).get()
  } finally {
    database.close()
  }
}

function subjectOf(home: Home): string {
  return (query(home, 'select subject from audit_subjects') as { subject: string }).subject
}

const because = ['--reason', 'a court asks for it']

describe('with standing.two_people', () => {
  const rule = '[standing]\ntwo_people = true\n'

  test('what somebody said is erased by the running server once a second person says so', async () => {
    await using given = await usedHome(rule)
    const { home, ann, bob } = given
    await using server = await serveElpis(home)
    const subject = subjectOf(home)
    const as = (key: string, ...words: string[]) =>
      elpis(home, [...words, '--json'], { environment: { ELPIS_KEY: key } })
    expect((await as(ann.key, 'audit', 'erase', subject)).stdout).toContain('reason_invalid')
    expect((await as(ann.key, 'audit', 'erase', 'key:key_none', ...because)).code).toBe(3)
    expect((await as(bob.key, 'audit', 'erase', subject, ...because)).code).toBe(4)
    const { stdout } = await as(ann.key, 'audit', 'erase', subject, ...because)
    const { proposal } = JSON.parse(stdout) as Asked
    expect(proposal).toMatchObject({ act: 'content-erase', subject, by: ann.id })
    const subjects = 'select subject from audit_subjects'
    expect(query(home, subjects)).toEqual({ subject })
    expect((await as(ann.key, 'shutdown', 'confirm', proposal.id)).code).toBe(4)
    expect(query(home, subjects)).toEqual({ subject })
    // The second person need not be at the machine.
    const confirmed = await fetch(`${server.url}/v1/admin/proposals/confirm`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bob.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ proposal: proposal.id }),
    })
    expect(confirmed.status).toBe(200)
    expect(query(home, subjects)).toBeUndefined()
    expect((await as(bob.key, 'shutdown', 'confirm', proposal.id)).code).toBe(3)
  }, 120_000)

  test.each(['while a server runs', 'while none does'])(
    'the log and answers are exported to whoever asked, once a second person says so, %s',
    async (when) => {
      await using given = await usedHome(rule)
      const { home, ann, bob, entry } = given
      const file = join(home.path, 'answer.json')
      const forms = [
        { words: ['audit', 'export'], subject: 'log' },
        { words: ['answer', 'export', entry, '--out', file], subject: entry },
      ]
      const asked: string[] = []
      const serving = when === 'while a server runs' ? ann.key : ''
      const as = (key: string, words: string[]) => elpis(home, words, { environment: { ELPIS_KEY: key } })
      {
        await using server = serving === '' ? null : await serveElpis(home)
        for (const { words, subject } of forms) {
          const { stdout } = await as(serving, [...words, ...because, '--json'])
          const { proposal } = JSON.parse(stdout) as Asked
          expect(proposal).toMatchObject({ act: 'content-export', subject })
          asked.push(proposal.id)
          const early = await as(serving, [...words, '--proposal', proposal.id])
          expect([early.code, early.stderr]).toEqual([4, expect.stringContaining('second person')])
        }
        expect(server?.log() ?? '').not.toContain('error')
      }
      // To say who is the second, they need a key, and keys need a server.
      await using server = await serveElpis(home)
      for (const id of asked) {
        expect((await as(bob.key, ['shutdown', 'confirm', id])).code).toBe(0)
      }
      if (serving === '') await server.stop()
      expect(existsSync(file)).toBe(false)
      const [log = '', answer = ''] = asked
      // Neither for something else, nor for somebody else.
      expect((await as(serving, ['audit', 'export', '--proposal', answer])).code).toBe(4)
      const elses = serving === '' ? answer : log
      expect((await as('', ['audit', 'export', '--proposal', elses])).code).toBe(4)
      const exported = await as(serving, ['audit', 'export', '--proposal', log])
      for (const text of [entry, '"grave-act"', '"confirmed"']) expect(exported.stdout).toContain(text)
      expect((await as(serving, [...(forms[1]?.words ?? []), '--proposal', answer])).code).toBe(0)
      expect(readFileSync(file, 'utf8')).toContain('What is in the box?')
    },
    120_000,
  )
})

test('without the rule the running server erases and exports at once, and says who did in its log', async () => {
  await using given = await usedHome()
  const { home, ann } = given
  await using server = await serveElpis(home)
  const subject = subjectOf(home)
  const environment = { ELPIS_KEY: ann.key }
  const erased = await elpis(home, ['audit', 'erase', subject, '--json'], { environment })
  expect(JSON.parse(erased.stdout)).toEqual({ erased: subject })
  const acts = async () => {
    const { stdout } = await elpis(home, ['audit', 'export'], { environment })
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind?: string; by?: string })
    return entries.map(({ kind, by }) => [kind, by])
  }
  // An export holds what was signed before it.
  await expect.poll(acts, { timeout: 60_000 }).toContainEqual(['content-exported', ann.id])
  expect(await acts()).toContainEqual(['content-erased', ann.id])
  expect(server.log()).not.toContain('"level":"error"')
}, 120_000)

test('what is done about somebody while no server runs is in the log as well', async () => {
  await using given = await usedHome()
  const { home } = given
  expect((await elpis(home, ['bans', 'add', 'net:192.0.2.0/24', '--reason', 'spam'])).code).toBe(0)
  expect((await elpis(home, ['audit', 'export'])).stdout).toContain('"about":"net:192.0.2.0/24"')
}, 60_000)
