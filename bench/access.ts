/**
 * What access and standing cost each request, with much in the store: start-up, memory, p50 and p99; and how soon a ban ends
 * 50 streams here and on another replica, also while both sweep and other bans run out.
 * Usage: sh bin/node.sh bench/access.ts [--database sqlite|postgres] [--people 10000] [--keys 100000] [--bans 100000] [--strikes 1000000] [--struck 40]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { createAccess } from '../src/access/create-access.ts'
import { hashOf, newKeySecret } from '../src/access/secrets.ts'
import { settings } from '../src/config.ts'
import { noActs } from '../src/core/acts.ts'
import { systemClock } from '../src/core/clock.ts'
import { createStanding } from '../src/standing/create-standing.ts'
import { policyOf } from '../src/standing/policy.ts'
import { openStorage } from '../src/storage/storage.ts'
import { embeddedPostgres } from '../test/support/embedded-postgres.ts'

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    people: { type: 'string', default: '10000' },
    keys: { type: 'string', default: '100000' },
    bans: { type: 'string', default: '100000' },
    strikes: { type: 'string', default: '1000000' },
    requests: { type: 'string', default: '100000' },
    /** Bans of which it is told how soon they take hold, in each state. */
    struck: { type: 'string', default: '40' },
  },
})
const [people, keys, bans, strikes, requests] = [
  values.people,
  values.keys,
  values.bans,
  values.strikes,
  values.requests,
].map(Number) as [number, number, number, number, number]
/** Keys that requests come with. */
const asked = 10_000
const home = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'elpis-bench-access-'))
const parts = {
  clock: systemClock,
  acts: noActs,
  policy: policyOf(settings.shape.standing.parse(undefined)),
  shutdown: { restartPeople: 1, twoPeople: false },
  domainOf: () => null,
  onTrouble(error: unknown) {
    throw error
  },
}

/** One of its own, whose commits are durable; null for SQLite. */
const postgres = values.database === 'postgres' ? await embeddedPostgres([]) : null

async function opened() {
  const storage = await openStorage({ home, storage: { url: postgres?.address ?? '' } })
  const access = await createAccess({ store: storage, clock: systemClock })
  const standing = await createStanding({ ...parts, store: storage })
  const close = async () => {
    await standing.close()
    await access.close()
    await storage.close()
  }
  return { access, standing, close }
}

// Makes the tables.
await (await opened()).close()
const secrets = postgres === null ? fill() : await fillPostgres(postgres.address)

const memoryBefore = process.memoryUsage().rss
const [started, busy] = [performance.now(), process.cpuUsage()]
const { access, standing, close } = await opened()
const startUp = performance.now() - started
const { user, system } = process.cpuUsage(busy)
const memory = (process.memoryUsage().rss - memoryBefore) / 2 ** 20
const times = { admit: [] as number[], clear: [] as number[] }
for (let request = 0; request < requests; request++) {
  const bearer = secrets[(request * 7919) % secrets.length] ?? ''
  const network = `198.51.${request % 250}.${(request >> 8) % 250}`
  const begun = performance.now()
  const admission = await access.admit({ bearer, cookie: null, network })
  const admitted = performance.now()
  const cleared = await standing.clear(admission.principal)
  times.clear.push(performance.now() - admitted)
  times.admit.push(admitted - begun)
  cleared.release()
  admission.release()
  // Requests come with turns of the loop, in which the server does what else it does.
  if (request % 50 === 49) await nextTurn()
}
const both = times.admit.map((time, index) => time + (times.clear[index] ?? 0))
const at = (list: readonly number[], part: number) => {
  const sorted = list.toSorted((one, other) => one - other)
  return Number((sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(4))
}
const ban_ms = { still: await bansTakeHold(false), sweeping: await bansTakeHold(true) }
console.log(
  JSON.stringify(
    {
      database: values.database,
      load_average: loadavg()[0],
      people,
      keys,
      bans,
      strikes,
      start_up_ms: Math.round(startUp),
      /** Of this process alone; on Postgres the server has its own besides. */
      start_up_processor_ms: Math.round((user + system) / 1000),
      memory_mib: Math.round(memory),
      access_ms: { p50: at(times.admit, 0.5), p99: at(times.admit, 0.99) },
      standing_ms: { p50: at(times.clear, 0.5), p99: at(times.clear, 0.99) },
      both_ms: { p50: at(both, 0.5), p99: at(both, 0.99) },
      ban_ms,
    },
    null,
    2,
  ),
)
await close()
await postgres?.stop()
rmSync(home, { recursive: true })

/** How long after it was asked for a ban has ended the last of 50 streams, here and on another replica. */
async function bansTakeHold(sweeping: boolean) {
  const other = await opened()
  const [here, there]: [number[], number[]] = [[], []]
  for (let one = 0; one < Number(values.struck); one++) {
    const bearer = secrets[one + (sweeping ? Number(values.struck) : 0)] ?? ''
    const { principal } = await access.admit({ bearer, cookie: null, network: '203.0.113.9' })
    const streams = async (of: typeof standing) =>
      await Promise.all(Array.from({ length: 50 }, () => of.clear(principal)))
    const ended = async (cleared: Awaited<ReturnType<typeof streams>>) => {
      await Promise.all(
        cleared.map(({ barred }) => new Promise((done) => barred.addEventListener('abort', done))),
      )
      return performance.now()
    }
    const [ours, theirs] = [ended(await streams(standing)), ended(await streams(other.standing))]
    // As many run out as one sweep ends at once.
    if (sweeping) await runOut(500)
    const sweeps = sweeping ? [standing.sweep(), other.standing.sweep()] : []
    const target = { kind: 'key', value: principal.keyId ?? ('' as never) } as const
    const begun = performance.now()
    await standing.act({ target, rung: 'banned', reason: 'bench', lasts: null }, 'owner')
    here.push((await ours) - begun)
    there.push((await theirs) - begun)
    await Promise.all(sweeps)
  }
  await other.close()
  const of = (times: readonly number[]) => ({ p50: at(times, 0.5), most: at(times, 0.9999) })
  return { here: of(here), other_replica: of(there) }
}

/** Has so many bans run out now. */
async function runOut(count: number): Promise<void> {
  if (postgres !== null) {
    const client = new Client({ connectionString: postgres.address })
    await client.connect()
    await client.query(
      'update measures set until = $1 where id in (select id from measures where until is null and lifted_at is null limit $2)',
      [Date.now() - 1, count],
    )
    await client.end()
    return
  }
  const database = new DatabaseSync(join(home, 'elpis.db'))
  database.exec('pragma busy_timeout = 5000')
  const some = database.prepare(
    'update measures set until = ? where id in (select id from measures where until is null and lifted_at is null limit ?)',
  )
  some.run(Date.now() - 1, count)
  database.close()
}

/** Puts in as many rows as were asked for. @returns the secrets of some keys */
function fill(): string[] {
  const database = new DatabaseSync(join(home, 'elpis.db'))
  const now = Date.now()
  const kept: string[] = []
  database.exec('begin')
  const person = database.prepare(
    "insert into people (id, organisation_id, name, email, role, created_at) values (?, 'org_home', ?, ?, 'member', ?)",
  )
  for (let one = 0; one < people; one++)
    person.run(`person_${one}`, `Person ${one}`, `p${one}@example.org`, now)
  const key = database.prepare(
    `insert into keys (id, name, prefix, hash, created_at, organisation_id, person_id, role, service, limits)
     values (?, ?, 'elpis-bench', ?, ?, 'org_home', ?, 'member', 0, '{}')`,
  )
  for (let one = 0; one < keys; one++) {
    // Only some are asked with; of the others nobody needs the secret.
    const secret = one < asked ? newKeySecret() : null
    if (secret !== null) kept.push(secret)
    const hash = secret === null ? randomBytes(32).toString('hex') : hashOf(secret)
    key.run(`key_bench${one}`, `key ${one}`, hash, now, people === 0 ? null : `person_${one % people}`)
  }
  database.exec(
    "insert into cases (id, target, state, opened_at, updated_at) values ('case_bench', 'key:nobody', 'open', 0, 0)",
  )
  const ban = database.prepare(
    `insert into measures (id, target, rung, reason, by, case_id, created_at, until, revision)
     values (?, ?, 'banned', 'bench', 'owner', 'case_bench', ?, null, ?)`,
  )
  for (let one = 0; one < bans; one++) {
    const network = `net:${10 + (one % 50)}.${(one >> 8) % 256}.${one % 256}.0/${16 + (one % 17)}`
    ban.run(`msr_${one}`, one % 2 === 0 ? `user:gone${one}` : network, now, one + 1)
  }
  database
    .prepare(
      "insert into versions (topic, version) values ('standing', ?) on conflict do update set version = excluded.version",
    )
    .run(bans)
  const strike = database.prepare(
    `insert into standing_events (id, at, target, organisation_id, source, direction, hazard, severity, attributable)
     values (?, ?, ?, 'org_home', 'guard', 'input', 'S2', 500, 1)`,
  )
  for (let one = 0; one < strikes; one++)
    strike.run(`evt_${one}`, now - (one % 2_592_000) * 1000, `key:key_bench${one % Math.max(1, keys)}`)
  database.exec('commit')
  database.close()
  return kept
}

/** The same rows as {@link fill}. @returns the secrets of some keys */
async function fillPostgres(address: string): Promise<string[]> {
  const now = Date.now()
  const kept = Array.from({ length: Math.min(asked, keys) }, () => newKeySecret())
  const client = new Client({ connectionString: address })
  await client.connect()
  await client.query(
    `insert into people (id, organisation_id, name, email, role, created_at)
     select 'person_' || i, 'org_home', 'Person ' || i, 'p' || i || '@example.org', 'member', $1
     from generate_series(0, $2::int - 1) i`,
    [now, people],
  )
  await client.query(
    `insert into keys (id, name, prefix, hash, created_at, organisation_id, person_id, role, service, limits)
     select 'key_bench' || i, 'key ' || i, 'elpis-bench', coalesce(($1::text[])[i + 1], encode(sha256(i::text::bytea), 'hex')),
       $2, 'org_home', case when $3::int = 0 then null else 'person_' || i % $3::int end, 'member', 0, '{}'
     from generate_series(0, $4::int - 1) i`,
    [kept.map(hashOf), now, people, keys],
  )
  await client.query(
    "insert into cases (id, target, state, opened_at, updated_at) values ('case_bench', 'key:nobody', 'open', 0, 0)",
  )
  await client.query(
    `insert into measures (id, target, rung, reason, "by", case_id, created_at, until, revision)
     select 'msr_' || i, case when i % 2 = 0 then 'user:gone' || i
       else 'net:' || 10 + i % 50 || '.' || (i >> 8) % 256 || '.' || i % 256 || '.0/' || 16 + i % 17 end,
       'banned', 'bench', 'owner', 'case_bench', $1, null, i + 1
     from generate_series(0, $2::int - 1) i`,
    [now, bans],
  )
  await client.query(
    `insert into standing_events (id, at, target, organisation_id, source, direction, hazard, severity, attributable)
     select 'evt_' || i, $1 - (i % 2592000)::bigint * 1000, 'key:key_bench' || i % greatest(1, $2::int), 'org_home', 'guard', 'input', 'S2', 500, 1
     from generate_series(0, $3::int - 1) i`,
    [now, keys, strikes],
  )
  await client.query(
    "insert into versions (topic, version) values ('standing', $1) on conflict (topic) do update set version = excluded.version",
    [bans],
  )
  await client.query('vacuum analyze')
  // So that what is measured does not wait for what filling left to write.
  await client.query('checkpoint')
  await client.end()
  return kept
}
