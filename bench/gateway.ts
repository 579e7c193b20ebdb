/**
 * What a gateway costs, in front of an upstream that answers at once: `npm run bench:gateway`.
 *
 * The gateway has the first core, upstream and load share the second. Each is warmed up, then measured alone. Peers are
 * installed on the first run: Portkey into `bench/`, LiteLLM into the cache. `GATEWAYS=elpis` measures some of them only,
 * `SECONDS` sets how long the sustained load lasts.
 */
import { fork, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import {
  alone,
  pacedEvents,
  paceMilliseconds,
  streams,
  sustained,
  type GatewayTarget,
  type Latencies,
  type Streams,
  type Sustained,
} from './gateway-client.ts'
import { elpisGateway, litellm, portkey, type Gateway } from './gateways.ts'

const seconds = Number(process.env['SECONDS'] ?? 8)
const connections = 16
const streamCount = 500
const requests = 2000

interface Row {
  readonly name: string
  readonly version: string
  readonly command: string
  /** Null when it failed. */
  readonly whole: Latencies | null
  readonly streamed: Latencies | null
  readonly sustained: Sustained | null
  readonly streams: Streams | null
  readonly memoryBytes: number
}

const starts = { elpis: elpisGateway, portkey, litellm }
const wanted = process.env['GATEWAYS']?.split(',') ?? Object.keys(starts)

spawnSync('taskset', ['-cp', '1', String(process.pid)])
const mock = fork(fileURLToPath(new URL('gateway-mock.ts', import.meta.url)))
const port = await new Promise<number>(
  (resolve) => void mock.once('message', (value) => resolve(value as number)),
)
const rows: Row[] = []
/** What could not be measured, in words: published with the figures. */
const failures: string[] = []
try {
  const facts = { name: 'upstream alone', version: '', command: 'bench/gateway-mock.ts' }
  rows.push(await measured(facts, { port, headers: {} }, () => 0))
  for (const [name, start] of Object.entries(starts)) {
    if (!wanted.includes(name)) continue
    try {
      await measure(await start(port))
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`)
      console.error(failures.at(-1))
    }
  }
  report()
} finally {
  mock.disconnect()
}

async function measure(gateway: Gateway): Promise<void> {
  try {
    rows.push(await measured(gateway, gateway.target, () => gateway.memory()))
  } finally {
    await gateway.stop()
  }
}

async function measured(
  { name, version, command }: Pick<Row, 'name' | 'version' | 'command'>,
  target: GatewayTarget,
  memory: () => number,
): Promise<Row> {
  await tried(`${name}, warming up`, () => sustained(target, connections, Math.min(3, seconds)))
  const row: Row = {
    name,
    version,
    command,
    whole: await tried(`${name}, one by one`, () => alone(target, requests, false)),
    streamed: await tried(`${name}, one stream by one`, () => alone(target, requests, true)),
    sustained: await tried(`${name}, sustained`, () => sustained(target, connections, seconds)),
    streams: await tried(`${name}, streams`, () => streams(target, streamCount)),
    memoryBytes: memory(),
  }
  console.error(
    name,
    JSON.stringify(row, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toFixed(2)) : value,
    ),
  )
  return row
}

/** Null when it fails, which is published as well: one thing that a gateway cannot do leaves the others. */
async function tried<Figures>(what: string, measure: () => Promise<Figures>): Promise<Figures | null> {
  try {
    return await measure()
  } catch (error) {
    failures.push(`${what}: ${(error as Error).message.split('\r\n').join(' ').slice(0, 300)}`)
    console.error(failures.at(-1))
    return null
  }
}

function report(): void {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node.js ${process.version}`
  const [bare, ...gateways] = rows
  if (bare === undefined) return
  const millis = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? 'failed' : value.toFixed(2)
  const added = (row: Latencies | null, base: Latencies | null) =>
    row === null || base === null
      ? 'failed'
      : `+${millis(row.p50 - base.p50)} / +${millis(row.p99 - base.p99)}`
  const late = bare.streams?.lateP99 ?? 0
  const lines = gateways.map((row) =>
    [
      `${row.name} ${row.version}`,
      added(row.whole, bare.whole),
      added(row.streamed, bare.streamed),
      row.sustained?.requestsPerSecond.toFixed(0) ?? 'failed',
      millis(row.sustained?.p99),
      `${row.streams?.completed ?? 0} of ${streamCount}`,
      `${millis(row.streams?.firstP50)} / ${millis(row.streams?.firstP99)}`,
      row.streams === null ? 'failed' : millis(row.streams.lateP99 - late),
      (row.memoryBytes / 2 ** 20).toFixed(0),
    ].join(' | '),
  )
  const text = [
    `# Gateways, ${date}`,
    '',
    `Machine: ${machine}. Command: \`npm run bench:gateway\`.`,
    '',
    `Each gateway runs on one core; load and an upstream that answers at once share another (alone it answers ${bare.sustained?.requestsPerSecond.toFixed(0)} requests/s, p50 ${millis(bare.whole?.p50)} ms; its 500 streams begin after ${millis(bare.streams?.firstP50)} ms).`,
    `Added latency: one connection, ${requests} requests, against the upstream alone. Sustained: ${connections} connections, ${seconds} s, answers that are not streamed. Streams: ${streamCount} at once, ${pacedEvents} events each, one every ${paceMilliseconds} ms. Times in milliseconds.`,
    '',
    '| gateway | added, p50 / p99 | added to a stream | requests/s | p99 there | streams completed | first event, p50 / p99 | last event later than without it, p99 | MiB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
    '',
    ...gateways.map(({ name, command }) => `- ${name}: \`${command}\``),
    ...failures.map((failure) => `- Failed: ${failure}`),
    '',
  ].join('\n')
  const base = fileURLToPath(new URL(`results/gateway-${date}`, import.meta.url))
  writeFileSync(`${base}.md`, text)
  writeFileSync(`${base}.json`, `${JSON.stringify({ date, machine, rows, failures }, null, 2)}\n`)
  console.log(text)
}
