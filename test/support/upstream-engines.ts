import {
  upstreamEngine,
  type UpstreamEngine,
  type UpstreamEvent,
  type UpstreamOptions,
} from '../../src/engine/upstream/upstream-engine.ts'

export interface TestUpstream extends AsyncDisposable {
  readonly engine: UpstreamEngine
  readonly events: readonly UpstreamEvent[]
}

/** An engine in front of these servers, impatient, with one model `small`, and ready. */
export async function testUpstream(
  urls: readonly string[],
  changes: Partial<UpstreamOptions> = {},
): Promise<TestUpstream> {
  const events: UpstreamEvent[] = []
  const engine = upstreamEngine({
    name: 'test',
    urls,
    key: 'secret-of-upstream',
    kind: 'auto',
    names: new Map(),
    abilities: ['generate'],
    contextTokens: 0,
    atOnce: 16,
    perAccount: 100,
    connectMilliseconds: 1000,
    firstByteMilliseconds: 1000,
    idleMilliseconds: 1000,
    healthMilliseconds: 60_000,
    log: (event) => void events.push(event),
    ...changes,
  })
  await until(() => events.length >= urls.length)
  return { engine, events, [Symbol.asyncDispose]: () => engine.close() }
}

/** Waits for what becomes true by itself; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
