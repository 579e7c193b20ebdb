/**
 * What access and standing cost each request, with much in the store: start-up, memory, p50 and p99.
 * Usage: sh bin/node.sh bench/access.ts [--people 10000] [--keys 100000] [--bans 100000] [--strikes 1000000]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { createAccess } from '../src/access/create-access.ts'
import { hashOf, newKeySecret } from '../src/access/secrets.ts'
import { settings } from '../src/config.ts'
import { noActs } from '../src/core/acts.ts'
import { systemClock } from '../src/core/clock.ts'
import { createStanding } from '../src/standing/create-standing.ts'
import { policyOf } from '../src/standing/policy.ts'
import { openStorage } from '../src/storage/storage.ts'

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '10000' },
    keys: { type: 'string', default: '100000' },
    bans: { type: 'string', default: '100000' },
    strikes: { type: 'string', default: '1000000' },
    requests: { type: 'string', default: '100000' },
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

async function opened() {
  const storage = await openStorage({ home })
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
const secrets = fill()

const memoryBefore = process.memoryUsage().rss
const started = performance.now()
const { access, standing, close } = await opened()
const startUp = performance.now() - started
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
}
const both = times.admit.map((time, index) => time + (times.clear[index] ?? 0))
const at = (list: readonly number[], part: number) => {
  const sorted = list.toSorted((one, other) => one - other)
  return Number((sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(4))
}
console.log(
  JSON.stringify(
    {
      people,
      keys,
      bans,
      strikes,
      start_up_ms: Math.round(startUp),
      memory_mib: Math.round(memory),
      access_ms: { p50: at(times.admit, 0.5), p99: at(times.admit, 0.99) },
      standing_ms: { p50: at(times.clear, 0.5), p99: at(times.clear, 0.99) },
      both_ms: { p50: at(both, 0.5), p99: at(both, 0.99) },
    },
    null,
    2,
  ),
)
await close()
rmSync(home, { recursive: true })

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
