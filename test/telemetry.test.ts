/** What goes to a collector, received by one that takes nothing but what the protocol says, and read by the protocol's own definitions. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { Registry } from '../src/monitoring/registry.ts'
import { requestMetrics } from '../src/monitoring/request-metrics.ts'
import { RequestWatch } from '../src/monitoring/request-watch.ts'
import { traceIdOf } from '../src/monitoring/telemetry/otlp.ts'
import { Telemetry } from '../src/monitoring/telemetry/telemetry.ts'
import { createKey, freshHome } from './support/elpis.ts'
import { fakeEngine, finish, start, text, usage } from './support/fake-engine.ts'
import { prepareDatabase } from './support/prepared-home.ts'
import { keyPrincipal } from './support/principals.ts'
import { pythonWith } from './support/python.ts'
import { blockWord } from './support/test-guard.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const python = await pythonWith([
  'opentelemetry-proto==1.45.2',
  'opentelemetry-semantic-conventions==0.66b2',
  'protobuf==7.36.2',
])

const int64 = z.string().regex(/^-?\d+$/)
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: int64 }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({
    arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }),
  }),
])
const attribute = z.strictObject({ key: z.string().min(1), value })
const attributes = z.array(attribute)
const resource = z.strictObject({ attributes })
const scope = z.strictObject({ name: z.string(), version: z.string().optional() })
const traceId = z.string().regex(/^[0-9a-f]{32}$/)
const spanId = z.string().regex(/^[0-9a-f]{16}$/)
const span = z.strictObject({
  traceId,
  spanId,
  parentSpanId: spanId.optional(),
  name: z.string(),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: int64,
  endTimeUnixNano: int64,
  attributes,
  status: z.strictObject({ code: z.int().min(0).max(2) }),
})
const times = { startTimeUnixNano: int64, timeUnixNano: int64, attributes }
const number = z.strictObject({ ...times, asDouble: z.number() })
const histogramPoint = z
  .strictObject({
    ...times,
    count: int64,
    sum: z.number(),
    bucketCounts: z.array(int64),
    explicitBounds: z.array(z.number()),
  })
  .refine(({ bucketCounts, explicitBounds }) => bucketCounts.length === explicitBounds.length + 1)
  .refine(
    ({ count, bucketCounts }) => Number(count) === bucketCounts.reduce((sum, one) => sum + Number(one), 0),
  )
const metric = z.strictObject({
  name: z.string(),
  description: z.string(),
  unit: z.string().optional(),
  gauge: z.strictObject({ dataPoints: z.array(number) }).optional(),
  sum: z
    .strictObject({
      aggregationTemporality: z.literal(2),
      isMonotonic: z.literal(true),
      dataPoints: z.array(number),
    })
    .optional(),
  histogram: z
    .strictObject({ aggregationTemporality: z.literal(2), dataPoints: z.array(histogramPoint) })
    .optional(),
})
const logRecord = z.strictObject({
  timeUnixNano: int64,
  observedTimeUnixNano: int64,
  severityNumber: z.int().min(1).max(24),
  severityText: z.string(),
  eventName: z.string(),
  body: value,
  attributes,
  traceId: traceId.optional(),
})
const bodies = {
  '/v1/traces': z.strictObject({
    resourceSpans: z.array(
      z.strictObject({ resource, scopeSpans: z.array(z.strictObject({ scope, spans: z.array(span) })) }),
    ),
  }),
  '/v1/metrics': z.strictObject({
    resourceMetrics: z.array(
      z.strictObject({
        resource,
        scopeMetrics: z.array(z.strictObject({ scope, metrics: z.array(metric) })),
      }),
    ),
  }),
  '/v1/logs': z.strictObject({
    resourceLogs: z.array(
      z.strictObject({
        resource,
        scopeLogs: z.array(z.strictObject({ scope, logRecords: z.array(logRecord) })),
      }),
    ),
  }),
}

/** A collector that parses strictly, and answers as told. */
async function collector(status: () => number = () => 200) {
  const received = {
    spans: [] as z.infer<typeof span>[],
    metrics: [] as z.infer<typeof metric>[],
    logs: [] as z.infer<typeof logRecord>[],
  }
  const sent: { path: string; body: string }[] = []
  let requests = 0
  const headers: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      requests++
      headers.push(request.headers['x-token'] as string | undefined)
      const body = Buffer.concat(chunks).toString()
      sent.push({ path: request.url ?? '', body })
      const answer = status()
      if (answer === 200) {
        const path = request.url as keyof typeof bodies
        const parsed = bodies[path].parse(JSON.parse(body))
        if ('resourceSpans' in parsed)
          received.spans.push(
            ...parsed.resourceSpans.flatMap((one) => one.scopeSpans.flatMap(({ spans }) => spans)),
          )
        if ('resourceMetrics' in parsed)
          received.metrics.push(
            ...parsed.resourceMetrics.flatMap((one) => one.scopeMetrics.flatMap(({ metrics }) => metrics)),
          )
        if ('resourceLogs' in parsed)
          received.logs.push(
            ...parsed.resourceLogs.flatMap((one) => one.scopeLogs.flatMap(({ logRecords }) => logRecords)),
          )
      }
      response.writeHead(answer, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    received,
    headers,
    sent,
    all: () => sent.map(({ body }) => body).join(''),
    requests: () => requests,
  }
}

function telemetryTo(endpoint: string) {
  const registry = new Registry()
  const watch = new RequestWatch(
    (name) => name === 'm',
    () => 1_800_000_000_000,
  )
  const telemetry = new Telemetry({
    endpoint,
    headers: { 'x-token': 'abc' },
    service: 'elpis',
    version: '1.2.3',
    everyMilliseconds: 3_600_000,
    registry,
    now: () => 1_800_000_000_000,
  })
  watch.listen(requestMetrics(registry))
  watch.listen(telemetry)
  onTestFinished(() => telemetry.close())
  return { registry, watch, telemetry }
}

function oneRequest(watch: RequestWatch): void {
  const open = watch.begin(
    { id: 'req_one' as never, kind: 'answer', model: 'm' },
    keyPrincipal('key_1', 'SECRET'),
    'ent_1' as never,
    { access: 1, standing: 2, record: 4 },
  )
  open.judged({
    outcome: 'allow',
    action: 'flag',
    direction: 'input',
    hazards: ['S6'],
    scores: null,
    layer: 'screen',
    policy: 'default@1',
  })
  open.released({ type: 'start', promptTokens: 9, cachedTokens: 0, waitedMs: 3 })
  open.released({ type: 'text-delta', choice: 0, text: 'SECRET', tokens: 2, logprobs: null })
  open.judged(
    {
      outcome: 'allow',
      action: 'allow',
      direction: 'output',
      hazards: [],
      scores: null,
      layer: 'screen',
      policy: 'default@1',
    },
    performance.now(),
  )
  open.released({ type: 'finish', choice: 0, reason: 'stop' })
  open.close({
    type: 'finished',
    usage: { promptTokens: 9, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 },
  })
  open.sealed(8)
}

const stages = [
  'chat m',
  'access',
  'standing',
  'record open',
  'guard input',
  'engine queue',
  'engine prompt',
  'engine answer',
  'guard output',
  'record close',
]

describe('telemetry', () => {
  test('sends one span a stage, the metrics and the log, by the conventions, without content', async () => {
    const { endpoint, received, headers, all } = await collector()
    const { watch, telemetry } = telemetryTo(endpoint)
    oneRequest(watch)
    telemetry.log(() => {})('info', 'request', { id: 'req_one', status: 200 })
    await telemetry.send()
    expect(received.spans.map(({ name }) => name)).toEqual(stages)
    const [root, ...children] = received.spans
    for (const child of children) {
      expect([child.traceId, child.parentSpanId]).toEqual([root?.traceId, root?.spanId])
      expect(BigInt(child.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(child.startTimeUnixNano))
      expect(BigInt(child.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root?.startTimeUnixNano ?? 0))
      expect(BigInt(child.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(root?.endTimeUnixNano ?? 0))
    }
    const told = Object.fromEntries(
      (root?.attributes ?? []).map(({ key, value: one }) => [key, Object.values(one)[0]]),
    )
    expect(told).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'elpis',
      'gen_ai.request.model': 'm',
      'gen_ai.usage.input_tokens': '9',
      'gen_ai.usage.output_tokens': '2',
    })
    const names = received.metrics.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'elpis_requests_total',
        'gen_ai.server.request.duration',
        'gen_ai.server.time_to_first_token',
      ]),
    )
    expect(received.logs).toMatchObject([{ eventName: 'request', traceId: root?.traceId }])
    expect(all()).not.toMatch(/SECRET|key_1/)
    expect(new Set(headers)).toEqual(new Set(['abc']))
  })

  test('of a request through a whole server has a span of every stage, in one trace, without content', async () => {
    const { endpoint, received, all } = await collector()
    await using home = freshHome()
    prepareDatabase(home.path)
    mkdirSync(join(home.path, 'policies'))
    writeFileSync(join(home.path, 'policies', 'test.toml'), blockWord)
    const settings = { ELPIS_GUARD_POLICY: 'test', ELPIS_TELEMETRY_ENDPOINT: endpoint }
    const answered = [start(3), text('SECRET'), finish('stop'), usage(3, 1)]
    const server = await startWholeServer(wholeConfig(home.path, settings), {
      openEngine: () =>
        fakeEngine({
          async *answer() {
            yield* answered
          },
        }),
    })
    onTestFinished(() => server.close(AbortSignal.abort()))
    await server.ready
    const { key } = await createKey(home)
    const answer = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fake:1b', messages: [{ role: 'user', content: 'SECRET?' }] }),
    })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('SECRET')])
    await server.close(AbortSignal.abort())
    // The fake engine does not say how long it let wait.
    const met = ['chat fake:1b', ...stages.slice(1).filter((name) => name !== 'engine queue')]
    expect(received.spans.map(({ name }) => name)).toEqual(met)
    expect(new Set(received.spans.map(({ traceId: trace }) => trace)).size).toBe(1)
    expect(all()).not.toMatch(/SECRET/)
  })

  test.skipIf(python === null)(
    'is read by the definitions and the parser of OpenTelemetry itself, and has no name that its conventions lack',
    async () => {
      const read = (bodies: readonly { path: string; body: string }[]) => {
        const input = bodies.map((each) => `${JSON.stringify(each)}\n`).join('')
        const script = fileURLToPath(new URL('support/decode_otlp.py', import.meta.url))
        const { status, stdout, stderr } = spawnSync(python ?? '', [script], { input, encoding: 'utf8' })
        return { status, stderr, found: (status === 0 ? JSON.parse(stdout) : null) as unknown }
      }
      const { endpoint, sent } = await collector()
      const { watch, telemetry } = telemetryTo(endpoint)
      oneRequest(watch)
      telemetry.log(() => {})('info', 'request', { id: 'req_one', status: 200 })
      await telemetry.send()
      expect(new Set(sent.map(({ path }) => path))).toEqual(new Set(Object.keys(bodies)))
      const trace = traceIdOf('req_one')
      const seconds = { unit: 's', kind: 'histogram' }
      expect(read(sent)).toMatchObject({
        status: 0,
        stderr: '',
        found: {
          unknown: [],
          spans: stages.map((name) => ({ name, trace })),
          metrics: expect.arrayContaining([
            { name: 'gen_ai.server.request.duration', ...seconds },
            { name: 'gen_ai.server.time_to_first_token', ...seconds },
          ]),
          logs: [{ event: 'request', trace }],
        },
      })
      // It takes nothing that the definitions lack.
      const foreign = read([{ path: '/v1/traces', body: '{"resourceSpans":[{"spans":[]}]}' }])
      expect([foreign.status, foreign.stderr]).toEqual([1, expect.stringContaining('no field named "spans"')])
    },
  )

  test('tries once more what the collector may take later, and then counts what is lost', async () => {
    const { endpoint, requests } = await collector(() => 503)
    const { registry, watch, telemetry } = telemetryTo(endpoint)
    oneRequest(watch)
    await telemetry.send()
    expect(requests()).toBe(4)
    const lost = registry.read().find(({ name }) => name === 'elpis_telemetry_dropped_total')?.series ?? []
    expect(lost.find(({ labels }) => labels['signal'] === 'traces')?.value).toBe(stages.length)
  })

  test('that nobody listens to costs nothing but what it drops, and no memory', async () => {
    const { watch, telemetry, registry } = telemetryTo('http://127.0.0.1:1')
    for (let count = 0; count < 3000; count++) oneRequest(watch)
    await telemetry.send()
    const lost = registry.read().find(({ name }) => name === 'elpis_telemetry_dropped_total')?.series ?? []
    expect(lost.find(({ labels }) => labels['signal'] === 'traces')?.value).toBe(3000 * stages.length)
  })
})
