/**
 * What the transparency log costs: durable entries a second, time added before an answer begins, size, proofs.
 * Usage: sh bin/node.sh bench/audit.ts [--url postgres://…] [--seconds 5]
 */
import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openHomeKeys } from '../src/audit/home-keys.ts'
import { Tree } from '../src/audit/tree.ts'
import { verifyLog } from '../src/audit/verify-log.ts'
import { openStorage } from '../src/storage/storage.ts'
import { acceptedRequest } from '../test/support/audit-requests.ts'
import { startedAudit } from '../test/support/started-audit.ts'

const { values } = parseArgs({
  options: { url: { type: 'string', default: '' }, seconds: { type: 'string', default: '5' } },
})
const milliseconds = Number(values.seconds) * 1000
const home = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'elpis-bench-audit-'))
const stores = await openStorage({ home, storage: { url: values.url } })
const keys = openHomeKeys(home, '')
const audit = await startedAudit(stores, home, {
  policy: () => 'standard@1',
  digests: () => ({ weights: 'f'.repeat(64), adapter: null }),
})
const usage = { promptTokens: 44, cachedTokens: 0, outputTokens: 128, reasoningTokens: 0 }

/** So many requests at once, each opened and closed one after the other, until the time is up. */
async function load(streams: number): Promise<{ requests: number; opened: number[] }> {
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

const at = (times: number[], part: number) => (times[Math.floor(times.length * part)] ?? 0).toFixed(2)
await load(64)
const few = await load(16)
const busy = [process.cpuUsage(), process.threadCpuUsage()] as const
const many = await load(1024)
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
const bytes = readdirSync(home).reduce((sum, name) => sum + statSync(join(home, name)).size, 0)
const rate = (requests: number) => Math.round(requests / (milliseconds / 1000))
console.log(
  [
    `${values.url === '' ? 'SQLite' : 'Postgres'}, ${cpus().length} cores, ${cpus()[0]?.model.trim() ?? ''}, Node ${process.versions.node}`,
    `requests/s opened and sealed durably, 1,024 at once: ${rate(many.requests)} (${rate(many.requests) * 2} durable writes/s)`,
    `processor time a request: ${all} µs, ${here} of them on the server's own thread`,
    `time to open an entry, 1,024 at once: p50 ${at(many.opened, 0.5)} ms, p99 ${at(many.opened, 0.99)} ms`,
    `time to open an entry, 16 at once: p50 ${at(few.opened, 0.5)} ms, p99 ${at(few.opened, 0.99)} ms (${rate(few.requests)} requests/s)`,
    ...(values.url === '' ? [`size: ${Math.round(bytes / size)} bytes an entry on disk`] : []),
    `inclusion proof: ${proof.toFixed(2)} ms in a log of ${size}`,
    `whole log verified: ${report.ok ? 'ok' : 'NOT OK'}, ${Math.round(size / (verified / 1000))} entries/s`,
  ].join('\n'),
)
rmSync(home, { recursive: true, force: true })
process.exit(0)
