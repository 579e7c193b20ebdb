import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { parseTarget } from '../src/standing/target.ts'
import { apiServer } from './support/api-server.ts'
import { elpis, freshHome } from './support/elpis.ts'
import { fakeEngine, hanging } from './support/fake-engine.ts'
import { endedWithin, measureLoad, onThisMachine } from './support/machine-load.ts'
import { readingStream as reading } from './support/reading-stream.ts'

function sharedHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-standing-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

describe('a ban', () => {
  test('ends 50 streams in flight within 100 ms, and theirs only', async () => {
    await using server = await apiServer(fakeEngine({ answer: hanging('one ') }))
    const mallory = await server.access.createKey('Mallory')
    const streams = await Promise.all(Array.from({ length: 50 }, () => reading(server, mallory.key)))
    const other = await reading(server)
    let otherEnded = false
    const noted = other.ended.then(() => (otherEnded = true))

    const load = await measureLoad(server, 50)
    const before = performance.now()
    const target = parseTarget(`key:${mallory.id}`)
    const ban = await server.standing.act(
      { target, rung: 'banned', reason: 'for a test', lasts: null },
      'owner',
    )
    const ends = await endedWithin(Promise.all(streams.map(({ ended }) => ended)))
    const slowest = Math.max(...ends.map(({ at }) => at)) - before
    const limit = onThisMachine(100, load, load.stop())
    console.log(
      `50 streams ended ${slowest.toFixed(1)} ms after the ban was asked for (${limit.toFixed(0)} allowed now)`,
    )
    expect(slowest).toBeLessThan(limit)
    for (const { text } of ends) expect(text).toContain('"code":"banned"')
    expect(otherEnded).toBe(false)

    for (const path of ['/v1/models', '/v1/files', '/v1/nothing-here']) {
      const again = await server.fetch(path, { headers: { authorization: `Bearer ${mallory.key}` } })
      expect(again.status).toBe(403)
      expect(await again.json()).toMatchObject({
        error: {
          code: 'banned',
          type: 'permission_error',
          notice: {
            case: ban.caseId,
            reason: 'for a test',
            until: null,
            appeal: `/v1/safety/cases/${ban.caseId}/appeal`,
          },
        },
      })
    }
    server.shutdown.abort(elpisError('shutting_down'))
    await noted
  })

  test('ends streams on another replica within a second, and a lift lets them back in there', async () => {
    const home = sharedHome()
    await using here = await apiServer(fakeEngine({ answer: hanging('one ') }), { home })
    await using there = await apiServer(fakeEngine({ answer: hanging('one ') }), { home })
    const mallory = await here.access.createKey('Mallory')
    await expect
      .poll(
        async () =>
          (await there.fetch('/v1/models', { headers: { authorization: `Bearer ${mallory.key}` } })).status,
      )
      .toBe(200)
    const streams = await Promise.all(Array.from({ length: 50 }, () => reading(there, mallory.key)))
    const target = parseTarget(`key:${mallory.id}`)
    const load = await measureLoad(there, 50)
    const before = performance.now()
    await here.standing.act({ target, rung: 'suspended', reason: 'for a test', lasts: 60_000 }, 'owner')
    const ends = await endedWithin(Promise.all(streams.map(({ ended }) => ended)))
    const slowest = Math.max(...ends.map(({ at }) => at)) - before
    console.log(`50 streams on another replica ended ${slowest.toFixed(1)} ms after`)
    expect(slowest).toBeLessThan(onThisMachine(1000, load, load.stop()))
    for (const { text } of ends) expect(text).toContain('"code":"suspended"')
    await here.standing.lift({ target, rung: null, reason: 'a mistake' }, 'owner')
    await expect
      .poll(
        async () =>
          (await there.fetch('/v1/models', { headers: { authorization: `Bearer ${mallory.key}` } })).status,
      )
      .toBe(200)
  })

  test('holds after a restart', async () => {
    const home = sharedHome()
    const target = parseTarget('org:org_home')
    {
      await using server = await apiServer(fakeEngine(), { home })
      await server.standing.act({ target, rung: 'banned', reason: 'for a test', lasts: null }, 'owner')
    }
    await using server = await apiServer(fakeEngine(), { home })
    expect((await server.fetch('/v1/models')).status).toBe(403)
  })
})

describe('elpis bans', () => {
  test('adds, lists and lifts, and refuses what names nobody', async () => {
    await using home = freshHome()
    const added = await elpis(home, [
      'bans',
      'add',
      'net:2001:db8::7',
      '--reason',
      'a botnet',
      '--for',
      '7d',
      '--json',
    ])
    expect(JSON.parse(added.stdout)).toMatchObject({
      target: 'net:2001:db8::/64',
      rung: 'banned',
      by: 'owner',
      reason: 'a botnet',
    })
    const listed = await elpis(home, ['bans', 'list'])
    expect(listed.stdout).toMatch(/net:2001:db8::\/64 +banned/)
    const lifted = await elpis(home, ['bans', 'lift', 'net:2001:db8::/64', '--reason', 'they mended it'])
    expect(lifted).toMatchObject({ code: 0, stdout: expect.stringContaining('barred no more') })
    expect(JSON.parse((await elpis(home, ['bans', 'list', '--json'])).stdout)).toEqual({ measures: [] })
    const past = JSON.parse((await elpis(home, ['bans', 'list', '--past', '--json'])).stdout)
    expect(past.measures[0].lifted).toMatchObject({ by: 'owner', reason: 'they mended it' })

    expect((await elpis(home, ['bans', 'add', 'Mallory', '--reason', 'x'])).code).toBe(2)
    expect((await elpis(home, ['bans', 'add', 'key:k', '--reason', 'x', '--for', 'ever'])).code).toBe(2)
    expect((await elpis(home, ['bans', 'add', 'key:k'])).code).toBe(2)
    expect((await elpis(home, ['bans', 'lift', 'key:k', '--reason', 'x'])).code).toBe(3)
  })

  test('knows people by name, and points out an id that is nobody’s', async () => {
    await using home = freshHome()
    await elpis(home, ['people', 'add', 'Mallory', '--email', 'mallory@acme.example'])
    const byName = await elpis(home, ['bans', 'add', 'person:mallory@acme.example', '--reason', 'a test'])
    expect(byName.stdout).toMatch(/^person:person_\w+ \(Mallory\) is barred for good\. Case case_/)
    expect(byName.stderr).toBe('')
    expect((await elpis(home, ['bans'])).stdout).toMatch(/person:person_\w+ +Mallory +banned/)
    expect((await elpis(home, ['cases'])).stdout).toMatch(
      /case_\w+ +open +\d{4}-\d\d-\d\d \d\d:\d\d +person:/,
    )
    const mistyped = await elpis(home, ['bans', 'add', 'key:key_nobody', '--reason', 'a test'])
    expect(mistyped.stderr).toContain('Nobody of that id is here now.')
    for (const group of ['appeals', 'review']) expect((await elpis(home, [group])).code).toBe(0)
  })
})
