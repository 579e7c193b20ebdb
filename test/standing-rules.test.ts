/** Rules over behaviour: what they find, once, and what they would have found; on both databases. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { useHistory } from '../src/server/use-history.ts'
import { readRules } from '../src/standing/rules/rule-set.ts'
import { openRuleShelf, type RuleShelf } from '../src/standing/rules/shelf.ts'
import { parseTarget } from '../src/standing/target.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { elpis, freshHome, serveElpis, withRealModel } from './support/elpis.ts'
import { postgresForTests } from './support/postgres.ts'
import { day, keyPrincipal, standingOn } from './support/standing.ts'
import { usageRecord } from './support/usage-records.ts'
import { prepareDatabase } from './support/prepared-home.ts'

const shipped = new URL('../policies/rules/behaviour.toml', import.meta.url)
const behaviour = await readFile(shipped, 'utf8')
const hour = 60 * 60 * 1000
const began = Date.parse('2026-06-01T00:00:00Z')
const mallory = keyPrincipal('key_mallory', 'Mallory', { personId: 'person_mallory' as never })
const target = parseTarget('person:person_mallory')
const postgres = await postgresForTests()

function shelfOf(...texts: string[]): RuleShelf {
  const all = texts.map((text) => readRules(text, 'test'))
  return { all, rules: all.flatMap(({ rules }) => rules), reload: async () => {}, close: () => {} }
}

describe.each([
  ['SQLite', null],
  ['Postgres', postgres],
] as const)('rules on %s', (name, place) => {
  const skip = name === 'Postgres' && place === null

  async function given(shelf = shelfOf(behaviour)) {
    const home = mkdtempSync(join(tmpdir(), 'elpis-rules-'))
    if (place === null) prepareDatabase(home)
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const storage = await openStorage(
      place === null ? { home } : { home, storage: { url: await place.freshDatabase() } },
    )
    onTestFinished(() => storage.close())
    const replica = (more: { storage: Storage }) =>
      standingOn({ up_to: 'nothing' }, { ...more, rules: shelf, use: useHistory(storage.usage) })
    const first = await replica({ storage })
    onTestFinished(() => first.standing.close())
    return { ...first, storage, replica: async () => await replica({ storage }) }
  }

  test.skipIf(skip)('the same blocked prompt again costs a strike, once for each window', async () => {
    const { standing, signal, time } = await given()
    const again = async (fingerprint = '00ff00ff00ff00ff') => {
      time.now += 60_000
      await signal(mallory, { hazard: 'S2', severity: 0.1, fingerprint })
    }
    const given_ = async () =>
      (await standing.explain(target)).strikes.filter(({ event: { note } }) =>
        note?.includes('same-jailbreak'),
      )
    for (let time = 0; time < 4; time++) await again()
    expect(await given_()).toEqual([])
    await again()
    expect(await given_()).toMatchObject([
      {
        points: 2.5,
        event: {
          hazard: 'attack',
          note: expect.stringMatching(/^rule:behaviour\/same-jailbreak behaviour@[0-9a-f]{12}$/),
        },
      },
    ])
    for (let time = 0; time < 10; time++) await again()
    expect(await given_()).toHaveLength(1)
    time.now += hour
    for (let time = 0; time < 5; time++) await again()
    expect(await given_()).toHaveLength(2)
  })

  test.skipIf(skip)('what others wrote, and what was taken back, counts for nothing', async () => {
    const { standing, signal } = await given()
    for (let time = 0; time < 8; time++)
      await signal(mallory, { severity: 0.1, attributable: false, fingerprint: '00ff00ff00ff00ff' })
    for (let time = 0; time < 4; time++)
      await signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' })
    const { caseId } = await standing.act(
      { target, rung: 'warned', reason: 'for a test', lasts: day },
      'owner',
    )
    await standing.appeal(caseId, mallory, 'I was quoting.')
    const review = await standing.claimReview('person_reviewer')
    await standing.decideReview(review?.id ?? '', 'reversed', 'person_reviewer', 'they were quoting')
    for (let time = 0; time < 4; time++)
      await signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' })
    const { strikes } = await standing.explain(target)
    expect(strikes.every(({ event: { source } }) => source === 'guard')).toBe(true)
  })

  test.skipIf(skip)('many hazards go to a reviewer, with a case that says why', async () => {
    const { standing, signal } = await given()
    for (const hazard of ['S1', 'S2', 'S3', 'cyber'] as const)
      await signal(mallory, { hazard, severity: 0.1 })
    const [review] = await standing.reviews({ kind: 'step', waiting: true })
    expect(review).toMatchObject({ target, proposed: 'restricted' })
    const { steps } = await standing.caseFile(review?.caseId ?? ('' as never), null)
    expect(steps).toMatchObject([
      {
        kind: 'noticed',
        by: 'rule',
        detail: { rule: 'rule:behaviour/hazard-breadth', counted: 4, least: 4 },
      },
    ])
    await standing.closeCase(review?.caseId ?? ('' as never), 'a test of ours', 'owner')
    await expect(standing.closeCase(review?.caseId ?? ('' as never), 'again', 'owner')).rejects.toMatchObject(
      { code: 'case_in_force' },
    )
  })

  test.skipIf(skip)('climbing goes to a reviewer whoever wrote the words, and costs nothing', async () => {
    const { standing, signal } = await given()
    for (let time = 0; time < 5; time++)
      await signal(mallory, { hazard: 'attack', severity: 0.4, attributable: false })
    expect(await standing.reviews({ kind: 'step', waiting: true })).toMatchObject([
      { target, proposed: 'warned' },
    ])
    expect((await standing.explain(target)).score).toBe(0)
  })

  test.skipIf(skip)('two replicas find the same together once', async () => {
    const { standing, replica, signal, time } = await given()
    await using other = await replica()
    other.time.now = time.now
    for (let time = 0; time < 4; time++)
      await signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' })
    await Promise.all([
      signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' }),
      other.signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' }),
    ])
    const { strikes } = await standing.explain(target)
    expect(strikes.filter(({ event: { source } }) => source === 'rule')).toHaveLength(1)
  })

  test.skipIf(skip)('sudden volume, many keys and many networks are found in use', async () => {
    const { standing, storage, time } = await given()
    let number = 0
    const use = async (at: number, requests: number, key: string, person: string | null) => {
      const of = { keyId: key as never, personId: person as never, partyId: `${key} ${person}` }
      await storage.usage.settle(usageRecord(++number, { at, requests, ...of }))
    }
    for (let hours = 1; hours <= 24; hours++) {
      await use(began - hours * hour, 1000, 'key_steady', null)
      await use(began - hours * hour, 3, 'key_sudden', null)
    }
    await use(began - 60_000, 2500, 'key_steady', null)
    await use(began - 60_000, 2500, 'key_sudden', null)
    for (let key = 0; key < 11; key++) await use(began - key * 60_000, 1, `key_of_${key}`, 'person_many')
    for (let key = 0; key < 10; key++) await use(began - key * 60_000, 1, `key_to_${key}`, 'person_few')
    for (let network = 0; network < 20; network++) {
      const there = { ...mallory, network: `192.0.2.${network + 1}` }
      ;(await standing.clear(there)).release()
      // The same line of one customer, whatever address it has just now.
      const at = { ...keyPrincipal('key_home', 'home'), network: `2001:db8::${network + 1}` }
      ;(await standing.clear(at)).release()
    }
    time.now += 1
    await standing.sweep()
    await standing.sweep()
    const cases = await standing.cases({ state: 'open' })
    const found = await Promise.all(
      cases.map(async ({ id, target: whom }) => {
        const { steps } = await standing.caseFile(id, null)
        const why = steps.map(({ detail }) => `${detail['rule']} ${detail['counted']}`)
        return `${whom.value} ${why.join()}`
      }),
    )
    expect(found.toSorted((one, other) => (one < other ? -1 : 1))).toEqual([
      'key_mallory rule:behaviour/many-networks 20',
      'key_sudden rule:behaviour/sudden-volume 2500',
      'person_many rule:behaviour/many-keys 11',
    ])
    const reviews = await standing.reviews({ kind: 'step', waiting: true })
    expect(reviews).toMatchObject([{ target: { value: 'key_mallory' }, proposed: 'warned' }])
  })

  test.skipIf(skip)(
    'a dry run says whom, how often and what it does to scores, and changes nothing',
    async () => {
      const { standing, signal, storage, time } = await given(shelfOf())
      const alice = keyPrincipal('key_alice', 'Alice')
      for (let hours = 0; hours < 3; hours++) {
        for (let time_ = 0; time_ < 6; time_++) {
          time.now += 60_000
          await signal(mallory, { severity: 0.1, fingerprint: '00ff00ff00ff00ff' })
        }
        time.now += 2 * hour
      }
      await signal(alice, { severity: 0.1 })
      await storage.usage.settle(
        usageRecord(1, { at: time.now - hour, requests: 5000, keyId: 'key_alice' as never, personId: null }),
      )
      for (let network = 0; network < 20; network++)
        (await standing.clear({ ...alice, network: `198.51.100.${network + 1}` })).release()
      const before = await standing.explain(target)
      const run = await standing.dryRunRules(behaviour, time.now - 30 * day)
      expect(run).toMatchObject({ complete: true, people: 2, looked: { events: 19, sightings: 20 } })
      const hits = Object.fromEntries(
        run.byRule.map(({ rule, hits: all }) => [rule, all.map((hit) => [hit.target, hit.times, hit.most])]),
      )
      expect(hits).toEqual({
        'same-jailbreak': [['person:person_mallory', 3, 6]],
        climbing: [],
        'near-identical-probes': [['person:person_mallory', 1, 18]],
        'hazard-breadth': [],
        'often-blocked': [],
        'sudden-volume': [['key:key_alice', 1, 5000]],
        'many-keys': [],
        'many-networks': [['key:key_alice', 1, 20]],
        'told-from-outside': [],
      })
      // 18 strikes of one point; three times 2.5 and once 4 of the rules, all within some hours.
      expect(run.peaks).toMatchObject([
        { target: 'person:person_mallory', rungWas: 'warned', rungWould: 'restricted' },
        { target: 'key:key_alice', rungWas: null, rungWould: null },
      ])
      expect(run.peaks[0]?.was).toBeCloseTo(18, 0)
      expect(run.peaks[0]?.would).toBeCloseTo(29.5, 0)
      expect(run.distribution).toEqual([
        { rung: 'none', from: 0, was: 1, would: 1 },
        { rung: 'warned', from: 10, was: 1, would: 0 },
        { rung: 'restricted', from: 25, was: 0, would: 1 },
        { rung: 'suspended', from: 50, was: 0, would: 0 },
        { rung: 'banned', from: 100, was: 0, would: 0 },
      ])
      expect(await standing.explain(target)).toEqual(before)
      expect(await standing.cases({})).toEqual([])
      await expect(standing.dryRunRules('name = 1', 0)).rejects.toMatchObject({ code: 'rules_invalid' })
    },
  )

  test.skipIf(skip)('a dry run over the past tells what the same rules did while they were on', async () => {
    const { standing, signal, time } = await given()
    for (let index = 0; index < 40; index++) {
      time.now += 20 * 60_000
      const fingerprint = `00ff00ff00ff00f${(index % 3).toString()}`
      await signal(mallory, { severity: 0.1, fingerprint })
    }
    const { strikes } = await standing.explain(target)
    const done = strikes.filter(({ event: { source } }) => source === 'rule').length
    const run = await standing.dryRunRules(behaviour, began)
    const would = run.byRule.reduce(
      (sum, { hits }) => sum + hits.reduce((all, { times }) => all + times, 0),
      0,
    )
    expect(done).toBeGreaterThan(1)
    expect(would).toBe(done)
  })
})

test('rules hold, change and go with their files; what cannot be read changes nothing', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-rules-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const folder = join(home, 'rules')
  const changes: string[] = []
  const problems: unknown[] = []
  const shelf = openRuleShelf(folder, {
    onChange: async ({ name }, state) => void changes.push(`${name} ${state}`),
    onTrouble: (error) => void problems.push(error),
  })
  onTestFinished(() => shelf.close())
  expect(shelf.rules).toEqual([])
  mkdirSync(folder)
  writeFileSync(join(folder, 'behaviour.toml'), behaviour)
  await shelf.reload()
  expect(shelf.all.map(({ name }) => name)).toEqual(['behaviour'])
  writeFileSync(join(folder, 'behaviour.toml'), behaviour.replace('at_least = 5', 'at_least = 6'))
  await expect.poll(() => shelf.rules[0]?.at_least).toBe(6)
  writeFileSync(join(folder, 'behaviour.toml'), 'name = "behaviour"')
  await expect.poll(() => problems.length).toBeGreaterThan(0)
  expect(shelf.rules[0]?.at_least).toBe(6)
  rmSync(join(folder, 'behaviour.toml'))
  await expect.poll(() => shelf.all.length).toBe(0)
  expect(changes).toEqual(['behaviour in-force', 'behaviour in-force', 'behaviour gone'])
  writeFileSync(join(folder, 'other.toml'), behaviour)
  expect(() => openRuleShelf(folder)).toThrow(expect.objectContaining({ code: 'rules_invalid' }))
})

test('`elpis standing rules` lists, checks and tries, beside a server and without one', async () => {
  await using home = freshHome()
  await withRealModel(home)
  const rules = (...words: string[]) => elpis(home, ['standing', 'rules', ...words])
  const file = join(home.path, 'behaviour.toml')
  writeFileSync(file, behaviour)
  expect((await rules('check', file)).stdout).toMatch(/^Valid\.\nbehaviour@[0-9a-f]{12} /)
  writeFileSync(join(home.path, 'bad.toml'), behaviour.replace('at_least = 5', 'at_least = "many"'))
  const bad = await rules('check', 'bad.toml')
  expect([bad.code, bad.stderr]).toEqual([
    2,
    expect.stringMatching(/bad\.toml are not valid: rules\.0\.at_least/),
  ])
  expect((await rules('try', file)).code).toBe(2)
  expect(JSON.parse((await rules('dry-run', file, '--json')).stdout)).toMatchObject({
    complete: true,
    people: 0,
  })

  mkdirSync(join(home.path, 'rules'))
  writeFileSync(join(home.path, 'rules', 'behaviour.toml'), 'name = "behaviour"')
  const refused = await elpis(home, ['serve', '--port', '0'])
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('behaviour.toml are not valid')])
  writeFileSync(join(home.path, 'rules', 'behaviour.toml'), behaviour)
  await using server = await serveElpis(home)
  const listed = JSON.parse((await rules('list', '--json')).stdout) as { sets: { rules: unknown[] }[] }
  expect(listed.sets.map((set) => set.rules.length)).toEqual([9])
  const run = await rules('dry-run', file, '--since', '7d')
  expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('0 would have been hit.')])
  expect(server.process.exitCode).toBeNull()
})
