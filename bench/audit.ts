/**
 * What the transparency log costs, on SQLite and on Postgres: durable entries a second, time added before an answer begins, size, proofs.
 * Usage: sh bin/node.sh bench/audit.ts [--databases sqlite,postgres] [--url postgres://…] [--seconds 5]
 * Postgres is one of its own, whose commits are durable (`fsync` and `synchronous_commit` as they are by default), unless
 * `--url` names another. `BENCH_FOLDER` says where the data lies: of another disk durability costs something else.
 */
import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { openHomeKeys } from '../src/audit/home-keys.ts'
import { Tree } from '../src/audit/tree.ts'
import { verifyLog } from '../src/audit/verify-log.ts'
import { openStorage } from '../src/storage/storage.ts'
import { acceptedRequest } from '../test/support/audit-requests.ts'
import { embeddedPostgres } from '../test/support/embedded-postgres.ts'
import { startedAudit } from '../test/support/started-audit.ts'

const { values } = parseArgs({
  options: {
    databases: { type: 'string', default: 'sqlite,postgres' },
    url: { type: 'string', default: '' },
    seconds: { type: 'string', default: '5' },
  },
})
const milliseconds = Number(values.seconds) * 1000
const usage = { promptTokens: 44, cachedTokens: 0, outputTokens: 128, reasoningTokens: 0 }
const rate = (requests: number) => Math.round(requests / (milliseconds / 1000))
const at = (times: number[], part: number) => (times[Math.floor(times.length * part)] ?? 0).toFixed(2)

console.log(`${cpus().length} cores, ${cpus()[0]?.model.trim() ?? ''}, Node ${process.versions.node}`)
for (const database of values.databases.split(',')) {
  if (database === 'sqlite') await measure('SQLite', '')
  else if (values.url !== '') await measure('Postgres', values.url)
  else {
    const postgres = await embeddedPostgres([])
    await measure('Postgres', postgres.address)
    await postgres.stop()
  }
}
process.exit(0)

type Audit = Awaited<ReturnType<typeof startedAudit>>

/** So many requests at once, each opened and closed one after the other, until the time is up. */
async function load(audit: Audit, streams: number): Promise<{ requests: number; opened: number[] }> {
  const until = performance.now() + milliseconds
  const opened: number[] = []
  await Promise.all(
    Array.from({ length: streams }, async () => {
      while (performance.now() < until) {
        const before = performance.now()
        const entry = await acceptedRequest(audit)
        opened.push(performance.now() - before)
        await entry.close({ type: 'finished', usage })
      }
    }),
  )
  return { requests: opened.length, opened: opened.toSorted((one, other) => one - other) }
}

/** @param url of a Postgres; empty for SQLite */
async function measure(name: string, url: string): Promise<void> {
  const home = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'elpis-bench-audit-'))
  const stores = await openStorage({ home, storage: { url } })
  const keys = openHomeKeys(home, '')
  const audit = await startedAudit(stores, home, {
    policy: () => 'standard@1',
    digests: () => ({ weights: 'f'.repeat(64), adapter: null }),
  })
  await load(audit, 64)
  const few = await load(audit, 16)
  const busy = [process.cpuUsage(), process.threadCpuUsage()] as const
  const many = await load(audit, 1024)
  const busyFor = (used: NodeJS.CpuUsage) => Math.round((used.user + used.system) / many.requests)
  const [all, here] = [busyFor(process.cpuUsage(busy[0])), busyFor(process.threadCpuUsage(busy[1]))]
  await audit.close()
  const { size } = await stores.audit.state()
  const tree = new Tree(stores.audit)
  let before = performance.now()
  for (let count = 0; count < 200; count++) await tree.inclusionProof(Math.floor((size * count) / 200), size)
  const proof = (performance.now() - before) / 200
  before = performance.now()
  const report = await verifyLog({ source: audit.log, key: keys.log })
  const verified = performance.now() - before
  await stores.close()
  const bytes = url === '' ? bytesIn(home) : await bytesOf(url)
  console.log(
    [
      `${name}, load average ${loadavg()[0]?.toFixed(1)}`,
      `requests/s opened and sealed durably, 1,024 at once: ${rate(many.requests)} (${rate(many.requests) * 2} durable writes/s)`,
      `processor time a request: ${all} µs, ${here} of them on the server's own thread`,
      `time to open an entry, 1,024 at once: p50 ${at(many.opened, 0.5)} ms, p99 ${at(many.opened, 0.99)} ms`,
      `time to open an entry, 16 at once: p50 ${at(few.opened, 0.5)} ms, p99 ${at(few.opened, 0.99)} ms (${rate(few.requests)} requests/s)`,
      `size: ${Math.round(bytes / size)} bytes an entry on disk`,
      `inclusion proof: ${proof.toFixed(2)} ms in a log of ${size}`,
      `whole log verified: ${report.ok ? 'ok' : 'NOT OK'}, ${Math.round(size / (verified / 1000))} entries/s`,
    ].join('\n'),
  )
  rmSync(home, { recursive: true, force: true })
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

async function bytesOf(url: string): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ bytes: string }>(
    'select pg_database_size(current_database()) as bytes',
  )
  await client.end()
  return Number(rows[0]?.bytes ?? 0)
}
