import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elpis, freshHome, startElpis } from './support/elpis.ts'
import { honest, HostileFileServer, type Behaviour } from './support/hostile-file-server.ts'
import { digest, openBench, type Bench } from './support/pull-bench.ts'
import { smallGguf } from './support/small-gguf.ts'

const model = smallGguf({ bytes: 3_000_000, licence: 'mit' })
const program = fileURLToPath(new URL('support/pull-process.ts', import.meta.url))

let server: HostileFileServer
beforeAll(async () => void (server = await HostileFileServer.start()))
afterAll(() => server.stop())

let paths = 0
const fresh = () => `/${++paths}/model.gguf`

function start(bench: Bench, url: string, ...death: string[]): ChildProcess {
  return spawn(process.execPath, [program, bench.store.folder, url, ...death], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function ended(child: ChildProcess): Promise<{ output: string; signal: string | null }> {
  const output = text(child.stdout!)
  const [, signal] = (await once(child, 'close')) as [number, string | null]
  return { output: await output, signal }
}

/** Passes the body of each answer through `pour`, which may take its time. */
function poured(content: Buffer, pour: (response: ServerResponse, body: Buffer) => Promise<void>): Behaviour {
  return ({ request, response, count }) => {
    const end = response.end.bind(response)
    response.end = ((body: Buffer) =>
      void pour(response, body).then(() => end())) as unknown as typeof response.end
    honest(content)({ request, response, count })
  }
}

/** Takes a second and a half or more for each part. */
const slow = (content: Buffer) =>
  poured(content, async (response, body) => {
    for (let from = 0; from < body.length && !response.destroyed; from += 10_000) {
      response.write(body.subarray(from, from + 10_000))
      await sleep(20)
    }
  })

/** Sends the beginning of each part, and the rest once `gate` opens. */
const gated = (content: Buffer, gate: Promise<void>) =>
  poured(content, async (response, body) => {
    response.write(body.subarray(0, 10_000))
    if (body.length > 10_000) await gate
    response.write(body.subarray(10_000))
  })

describe('kill -9 of a pulling process', () => {
  const deaths = [
    ['source-start', 1],
    ['file-progress', 1],
    ['file-progress', 20],
    ['file-progress', 30],
    ['verify-progress', 1],
    ['file-verified', 1],
  ] as const

  test.for(deaths)(
    'at %s number %d leaves nothing unverified, and the next one ends it',
    async ([event, count]) => {
      await using bench = await openBench()
      const url = server.on(fresh(), honest(model))
      expect((await ended(start(bench, url, event, String(count)))).signal).toBe('SIGKILL')
      for (const blob of await bench.blobs()) expect(blob.name).toBe(`sha256-${blob.sha256}`)
      expect(await bench.manifests()).toEqual([])
      const { output } = await ended(start(bench, url))
      expect(output).toContain(`pulled ${digest(model)}`)
      expect(await bench.blobs()).toEqual([{ name: `sha256-${digest(model)}`, sha256: digest(model) }])
      expect(await bench.partials()).toEqual([])
    },
  )

  test('keeps what has arrived', async () => {
    await using bench = await openBench()
    const path = fresh()
    const url = server.on(path, slow(model))
    const child = start(bench, url)
    const died = ended(child)
    const saved = async () => {
      const [key = ''] = await bench.partials()
      const state = await readFile(join(bench.store.folder, 'partial', key, 'state.json'), 'utf8').catch(
        () => '{}',
      )
      return ((JSON.parse(state) as { spans?: { done: number }[] }).spans ?? []).reduce(
        (sum, { done }) => sum + done,
        0,
      )
    }
    await expect.poll(saved, { timeout: 20_000 }).toBeGreaterThan(100_000)
    child.kill('SIGKILL')
    await died
    server.on(path, honest(model))
    const before = server.requests(path).length
    await ended(start(bench, url))
    const starts = server
      .requests(path)
      .slice(before)
      .map(({ range }) => Number(/=(\d+)/.exec(range ?? '')?.[1]))
    const parts = new Set([0, 1, 2, 3].map((part) => part * Math.ceil(model.length / 4)))
    expect(starts.slice(1).some((at) => !parts.has(at))).toBe(true)
  })
})

describe('several at once', () => {
  test('two processes that pull the same share the work', async () => {
    await using bench = await openBench()
    const path = fresh()
    const gate = Promise.withResolvers<void>()
    const url = server.on(path, gated(model, gate.promise))
    const children = [start(bench, url), start(bench, url), start(bench, url)]
    const all = Promise.all(children.map(ended))
    await Promise.all(children.map((child) => once(child.stdout!, 'data')))
    gate.resolve()
    const results = await all
    void [ended(start(bench, url)), ended(start(bench, url)), ended(start(bench, url))]
    const outcomes = results.map(({ output }) => output.trim().split('\n').at(-1)?.split(' ')[0])
    expect(outcomes.filter((outcome) => outcome === 'pulled')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'present')).toHaveLength(2)
    expect(server.requests(path)).toHaveLength(5)
    expect(await bench.blobs()).toHaveLength(1)
  })

  test('when the one that pulls is killed, the one that waits takes over', async () => {
    await using bench = await openBench()
    const gate = Promise.withResolvers<void>()
    const url = server.on(fresh(), gated(model, gate.promise))
    const first = start(bench, url)
    const died = ended(first)
    await once(first.stdout!, 'data')
    const second = start(bench, url)
    const done = ended(second)
    const [said] = (await once(second.stdout!, 'data')) as [Buffer]
    expect(String(said)).toContain('wait-start')
    first.kill('SIGKILL')
    await died
    gate.resolve()
    expect((await done).output).toContain(`pulled ${digest(model)}`)
  })

  test('a model is removed while another that shares its file is pulled: whoever has a record has the file', async () => {
    await using bench = await openBench()
    const url = server.on(fresh(), honest(model))
    await bench.pull(url, { name: 'a' })
    for (let round = 0; round < 10; round++) {
      await Promise.all([
        bench.pull(`${url}?${round}`, { name: 'b' }),
        bench.store.remove('a').catch(() => undefined),
      ])
      for (const { name } of (await bench.store.list()).models) await bench.store.paths(name)
      await bench.pull(url, { name: 'a' })
      await bench.store.remove('b')
    }
    expect(await bench.blobs()).toHaveLength(1)
  })
})

describe('on the command line', () => {
  test('a model is pulled, listed, verified, found damaged, brought back and removed', async () => {
    await using home = freshHome()
    const url = server.on(fresh(), honest(model))
    const pulled = await elpis(home, ['pull', url, '--name', 'mine:1', '--json'])
    expect(pulled).toMatchObject({ code: 0, stderr: '' })
    const { paths: files, digest: sha256 } = JSON.parse(pulled.stdout) as { paths: string[]; digest: string }
    expect(sha256).toBe(digest(model))
    expect((await elpis(home, ['models'])).stdout).toMatch(/^mine:1 .* 3\.00 MB .* MIT /m)
    expect(await elpis(home, ['verify'])).toMatchObject({
      code: 0,
      stdout: 'mine:1: as it was pulled (3.00 MB)\n',
    })
    await chmod(files[0]!, 0o644)
    await writeFile(files[0]!, Buffer.concat([model.subarray(1), Buffer.of(0)]))
    const damaged = await elpis(home, ['verify', 'mine:1'])
    expect(damaged.code).toBe(6)
    expect(damaged.stdout).toContain('DAMAGED')
    expect(await elpis(home, ['pull', url, '--name', 'mine:1'])).toMatchObject({ code: 0 })
    expect((await elpis(home, ['verify'])).code).toBe(0)
    expect((await elpis(home, ['rm', 'mine:1'])).stdout).toBe('Removed mine:1, 3.00 MB freed.\n')
    expect(await elpis(home, ['rm', 'mine:1'])).toMatchObject({ code: 3 })
  })

  test('Ctrl-C leaves a state that the same command goes on from, and says so', async () => {
    await using home = freshHome()
    const url = server.on(fresh(), slow(model))
    const child = startElpis(home, ['pull', url])
    const output = text(child.stderr!)
    const begun = () => readdir(join(home.path, 'models/partial')).catch(() => [])
    await expect.poll(begun, { timeout: 30_000 }).toHaveLength(1)
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(130)
    expect(await output).toContain('the same command goes on from there')
    expect((await elpis(home, ['pull', url])).code).toBe(0)
  })

  test('a licence is refused without a terminal and accepted by the flag', async () => {
    await using home = freshHome()
    const url = server.on(fresh(), honest(smallGguf({ bytes: 10_000, licence: 'llama3.2' })))
    const refused = await elpis(home, ['pull', url])
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain('Llama 3.2 Community License')
    expect(refused.stderr).toContain('https://www.llama.com/llama3_2/license/')
    expect((await elpis(home, ['pull', url, '--accept-license'])).code).toBe(0)
  })
})
