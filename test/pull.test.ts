import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asSha256 } from '../src/weights/digest.ts'
import type { PullEvent } from '../src/weights/pull/progress.ts'
import {
  etagOf,
  gzipped,
  honest,
  HostileFileServer,
  inTurn,
  redirectTo,
  status,
  withoutRanges,
} from './support/hostile-file-server.ts'
import { digest, errorOf, openBench, shortLimits } from './support/pull-bench.ts'
import { smallGguf } from './support/small-gguf.ts'

const model = smallGguf({ bytes: 2_000_000, licence: 'apache-2.0' })
const other = smallGguf({ bytes: 2_000_000, licence: 'apache-2.0', seed: 2 })

let server: HostileFileServer
let elsewhere: HostileFileServer
beforeAll(async () => {
  server = await HostileFileServer.start()
  elsewhere = await HostileFileServer.start()
})
afterAll(async () => {
  await server.stop()
  await elsewhere.stop()
})

let paths = 0
/** A path of its own for each test. */
const fresh = () => `/${++paths}/model.gguf`

describe('a file that arrives', () => {
  test('comes in parts, is verified, recorded, and not fetched again', async () => {
    await using bench = await openBench()
    const path = fresh()
    const { manifest, outcome } = await bench.pull(server.on(path, honest(model)))
    expect(outcome).toBe('pulled')
    expect(manifest).toMatchObject({ name: 'model', digest: digest(model), licence: { id: 'Apache-2.0' } })
    expect(await bench.blobs()).toEqual([{ name: `sha256-${digest(model)}`, sha256: digest(model) }])
    const [file = ''] = await bench.store.paths('model')
    expect(digest(await readFile(file))).toBe(digest(model))
    expect(await bench.partials()).toEqual([])
    const ranges = new Set(server.requests(path).map(({ range }) => range))
    expect(ranges.size).toBe(5) // the probe and four parts
    expect((await bench.pull(`${server.origin}${path}`)).outcome).toBe('present')
    expect(server.requests(path)).toHaveLength(5)
  })

  test('says plainly whether anybody promised its digest', async () => {
    await using bench = await openBench()
    const verifiedBy = () => bench.events.findLast((event) => event.type === 'file-verified')?.by
    await bench.pull(server.on(fresh(), honest(model)), { name: 'one' })
    expect(verifiedBy()).toBe('first-seen')
    const sha256 = asSha256(digest(other))!
    await bench.pull(server.on(fresh(), honest(other)), { name: 'two', sha256 })
    expect(verifiedBy()).toBe('pinned')
  })

  test('goes on after every cut, and nothing is fetched twice', async () => {
    await using bench = await openBench()
    const path = fresh()
    await bench.pull(server.on(path, honest(model, { cutAfter: 150_000 })))
    const asked = server.requests(path).map(({ range }) => Number(/=(\d+)/.exec(range ?? '')?.[1]))
    expect(asked.length).toBeGreaterThan(12)
    expect(new Set(asked).size).toBeGreaterThanOrEqual(asked.length - 1) // the probe and the first part begin alike
  })

  test('comes from a server that knows no ranges, also when it is cut once', async () => {
    await using bench = await openBench()
    const path = fresh()
    await bench.pull(server.on(path, inTurn(withoutRanges(model, 700_000), withoutRanges(model))))
    expect((await bench.blobs())[0]?.sha256).toBe(digest(model))
  })

  test('comes after errors that pass', async () => {
    await using bench = await openBench()
    await bench.pull(
      server.on(fresh(), inTurn(status(500), status(503), honest(model), status(429), honest(model))),
    )
    expect((await bench.blobs())[0]?.sha256).toBe(digest(model))
  })

  test('comes after a silence in the middle', async () => {
    await using bench = await openBench()
    const stall = inTurn(
      honest(model),
      ({ response }) => {
        response.writeHead(206, {
          'content-range': `bytes 0-${model.length - 1}/${model.length}`,
          etag: etagOf(model),
        })
        response.write(model.subarray(0, 50_000)) // and never the rest
      },
      honest(model),
    )
    await bench.pull(server.on(fresh(), stall), { limits: { ...shortLimits, parts: 1 } })
    expect(bench.events).toContainEqual(
      expect.objectContaining({ type: 'source-retry', reason: 'it fell silent at 50000 bytes' }),
    )
  })

  test('is taken up by a later call where an earlier one was stopped', async () => {
    await using bench = await openBench()
    const path = fresh()
    const url = server.on(path, honest(model, { cutAfter: 100_000 }))
    const stop = new AbortController()
    const onProgress = (event: PullEvent) => {
      if (event.type === 'file-progress' && event.received > 900_000) stop.abort()
    }
    await errorOf(bench.pull(url, { signal: stop.signal, onProgress }))
    expect(await bench.manifests()).toEqual([])
    const before = server.requests(path).length
    await bench.pull(server.on(path, honest(model)))
    const started = bench.events.find((event) => event.type === 'source-start')
    expect(started?.have).toBeGreaterThan(800_000)
    expect(server.requests(path).length - before).toBeLessThanOrEqual(5)
    expect((await bench.blobs())[0]?.sha256).toBe(digest(model))
  })
})

describe('a file that is not what it was', () => {
  test('when it changes between parts is begun anew, never mixed', async () => {
    await using bench = await openBench()
    await bench.pull(server.on(fresh(), inTurn(honest(model), honest(model), honest(other))))
    expect((await bench.blobs()).map(({ sha256 }) => sha256)).toEqual([digest(other)])
  })

  test('when it changes and the server ignores If-Range is begun anew as well', async () => {
    await using bench = await openBench()
    const ignoring =
      (content: Buffer) =>
      ({ request, ...rest }: Parameters<ReturnType<typeof honest>>[0]) => {
        delete request.headers['if-range']
        honest(content)({ request, ...rest })
      }
    await bench.pull(server.on(fresh(), inTurn(honest(model), ignoring(model), ignoring(other))))
    expect((await bench.blobs()).map(({ sha256 }) => sha256)).toEqual([digest(other)])
  })

  test('when it changes for ever is given up', async () => {
    await using bench = await openBench()
    const restless = ({ count, ...rest }: Parameters<ReturnType<typeof honest>>[0]) =>
      honest(count % 2 === 0 ? model : other)({ count, ...rest })
    const error = await errorOf(bench.pull(server.on(fresh(), restless)))
    expect(error).toMatchObject({ code: 'sources_failed', exit: 5 })
    expect(await bench.blobs()).toEqual([])
  })

  test('when it became shorter (416) is begun anew', async () => {
    await using bench = await openBench()
    const short = smallGguf({ bytes: 100_000 })
    await bench.pull(
      server.on(
        fresh(),
        inTurn(honest(model), status(416), status(416), status(416), status(416), honest(short)),
      ),
    )
    expect((await bench.blobs()).map(({ sha256 }) => sha256)).toEqual([digest(short)])
  })

  test('is not taken up from an earlier day without anything that vouches for it', async () => {
    await using bench = await openBench()
    const path = fresh()
    const stop = new AbortController()
    const onProgress = (event: { type: string }) => void (event.type === 'file-progress' && stop.abort())
    await errorOf(
      bench.pull(server.on(path, honest(model, { etag: null })), { signal: stop.signal, onProgress }),
    )
    await bench.pull(server.on(path, honest(other, { etag: null })))
    expect((await bench.blobs()).map(({ sha256 }) => sha256)).toEqual([digest(other)])
  })
})

describe('a lie', () => {
  const range = (first: number, last: number, total: number) => ({
    'content-range': `bytes ${first}-${last}/${total}`,
  })
  const lies = {
    'a body longer than announced': inTurn(honest(model), ({ response }) => {
      response.writeHead(206, { ...range(0, model.length - 1, model.length), etag: etagOf(model) })
      response.end(Buffer.concat([model, Buffer.alloc(100_000)]))
    }),
    'another range than asked for': inTurn(honest(model), ({ response }) => {
      response
        .writeHead(206, { ...range(10, model.length - 1, model.length), etag: etagOf(model) })
        .end(model)
    }),
    'a total that changes': inTurn(honest(model), ({ response }) => {
      response.writeHead(206, range(0, model.length - 1, model.length + 1)).end(model)
    }),
    'a total of nothing': ({ response }) => void response.writeHead(206, range(0, 0, 0)).end(),
    'a range without a total': ({ response }) => {
      response.writeHead(206, { 'content-range': 'bytes 0-0/*' }).end('x')
    },
    'a length that is never reached': withoutRanges(model, 1_000),
    'a body although it was said to be nothing': ({ response }) => void response.writeHead(200).end(),
    'compressed bytes': gzipped(model),
    'a redirect in circles': ({ response }) => void response.writeHead(302, { location: '?again' }).end(),
    'a redirect into the file system': redirectTo('file:///etc/passwd'),
    'a redirect to plain http elsewhere': redirectTo('http://hub.example/model.gguf'),
    'a redirect to nowhere': redirectTo('http://'),
  } satisfies Record<string, ReturnType<typeof honest>>

  test.for(Object.entries(lies))('%s is refused and leaves nothing', async ([, behaviour]) => {
    await using bench = await openBench()
    const error = await errorOf(
      bench.pull(server.on(fresh(), behaviour), { limits: { ...shortLimits, parts: 1 } }),
    )
    expect(error).toMatchObject({ code: 'sources_failed', exit: 5 })
    expect(await bench.blobs()).toEqual([])
    expect(await bench.manifests()).toEqual([])
  })

  test('about the digest is refused, deleted and named', async () => {
    await using bench = await openBench()
    const sha256 = asSha256(digest(model))!
    const error = await errorOf(bench.pull(server.on(fresh(), honest(other)), { sha256 }))
    expect(error).toMatchObject({ code: 'digest_mismatch', exit: 6 })
    expect(error.message).toContain(digest(other))
    expect(await bench.blobs()).toEqual([])
    expect(await bench.manifests()).toEqual([])
    expect(await bench.partials()).toEqual([])
  })

  test('a file that is as promised but no model is refused before it has a place', async () => {
    await using bench = await openBench()
    const error = await errorOf(bench.pull(server.on(fresh(), honest(Buffer.alloc(600_000, 'x')))))
    expect(error.code).toBe('weights_invalid')
    expect(await bench.blobs()).toEqual([])
    expect(await bench.partials()).toEqual([])
  })
})

describe('the hub', () => {
  const hub = (path: string) => `/org/repo/resolve/main/${path}`
  const environment = () => ({ HF_ENDPOINT: server.origin, HF_TOKEN: 'hf_secret' })

  test('gets the token, another host that it redirects to does not', async () => {
    await using bench = await openBench()
    const store = elsewhere.on('/cdn/one.gguf', honest(model))
    server.on(hub('one.gguf'), redirectTo(store))
    await bench.pull('hf:org/repo/one.gguf', { environment: environment() })
    expect(
      server.requests(hub('one.gguf')).every(({ authorization }) => authorization === 'Bearer hf_secret'),
    ).toBe(true)
    const there = elsewhere.requests('/cdn/one.gguf')
    expect(there.length).toBeGreaterThan(1)
    expect(there.every(({ authorization }) => authorization === null)).toBe(true)
  })

  test('gets no token when another address is pulled', async () => {
    await using bench = await openBench()
    await bench.pull(elsewhere.on('/plain.gguf', honest(model)), { environment: environment() })
    expect(elsewhere.requests('/plain.gguf').every(({ authorization }) => authorization === null)).toBe(true)
  })

  test('is held to the digest that it states', async () => {
    await using bench = await openBench()
    server.on(
      hub('two.gguf'),
      redirectTo(elsewhere.on('/cdn/two.gguf', honest(other)), { 'x-linked-etag': `"${digest(model)}"` }),
    )
    expect(await errorOf(bench.pull('hf:org/repo/two.gguf', { environment: environment() }))).toMatchObject({
      code: 'digest_mismatch',
    })
    elsewhere.on('/cdn/two.gguf', honest(model))
    const { manifest } = await bench.pull('hf:org/repo/two.gguf', { environment: environment() })
    expect(manifest.files[0]?.verified).toBe('hub')
  })

  test('cannot state a digest for others, nor others for it', async () => {
    await using bench = await openBench()
    const lie = { headers: { 'x-linked-etag': `"${digest(other)}"` } }
    server.on(hub('three.gguf'), redirectTo(elsewhere.on('/cdn/three.gguf', honest(model, lie))))
    const { manifest } = await bench.pull('hf:org/repo/three.gguf', { environment: environment() })
    expect(manifest.files[0]).toMatchObject({ verified: 'first-seen', sha256: digest(model) })
  })

  test.for([401, 403])('that refuses with %d is explained', async (code) => {
    await using bench = await openBench()
    server.on(hub(`${code}.gguf`), status(code))
    const error = await errorOf(
      bench.pull(`hf:org/repo/${code}.gguf`, { environment: { HF_ENDPOINT: server.origin } }),
    )
    expect(error).toMatchObject({ code: 'access_refused', exit: 4 })
    expect(error.hint).toContain(`${server.origin}/org/repo`)
    expect(error.hint).toContain('HF_TOKEN')
  })

  test('gives the parts of a split model, which lie side by side', async () => {
    await using bench = await openBench()
    const parts = [0, 1, 2].map((no) => smallGguf({ bytes: 40_000, seed: no + 9, split: { no, count: 3 } }))
    for (const [index, part] of parts.entries())
      server.on(hub(`s-0000${index + 1}-of-00003.gguf`), honest(part))
    const { manifest } = await bench.pull('hf:org/repo/s-00001-of-00003.gguf', { environment: environment() })
    expect(manifest.name).toBe('s')
    const files = await bench.store.paths('s')
    expect(files.map((file) => file.slice(-22))).toEqual(
      [1, 2, 3].map((no) => `/s-0000${no}-of-00003.gguf`.slice(-22)),
    )
    for (const [index, file] of files.entries())
      expect(digest(await readFile(file))).toBe(digest(parts[index]!))
    expect(await bench.store.remove('s')).toBe(parts.reduce((sum, part) => sum + part.length, 0))
    expect(await bench.blobs()).toEqual([])
  })
})

describe('mirrors', () => {
  test('are tried in order, and each is named with its reason when none is left', async () => {
    await using bench = await openBench()
    const file = 'Llama-3.2-1B-Instruct-Q4_K_M.gguf'
    const path = `/bartowski/Llama-3.2-1B-Instruct-GGUF/resolve/067b946cf014b7c697f3654f621d577a3e3afd1c/${file}`
    server.on(path, status(404))
    server.on(`/bartowski/Llama-3.2-1B-Instruct-GGUF/resolve/main/${file}`, honest(other))
    server.on(`/ggml-org/ultravox-v0_5-llama-3_2-1b-GGUF/resolve/main/${file}`, status(500))
    const error = await errorOf(bench.pull('llama3.2:1b', { environment: { HF_ENDPOINT: server.origin } }))
    expect(error).toMatchObject({ code: 'digest_mismatch', exit: 6 })
    expect(error.message).toMatch(/there is no such file[^]*it sent sha256[^]*answers 500/)
    expect(await bench.blobs()).toEqual([])
  })

  test('at a host where nobody answers are asked once', async () => {
    await using bench = await openBench()
    const closed = await HostileFileServer.start()
    await closed.stop()
    const error = await errorOf(
      bench.pull('llama3.2:1b', { environment: { HF_ENDPOINT: 'http://127.0.0.1:9' } }),
    )
    expect(error).toMatchObject({ code: 'sources_failed', exit: 5 })
    expect(error.message.match(/refuses connections/g)).toHaveLength(1)
    expect(error.hint).toMatch(/HTTPS_PROXY.*HF_ENDPOINT.*file:PATH/)
  })

  test('that accept and say nothing cost a bounded time', async () => {
    await using bench = await openBench()
    const mute = createServer(() => undefined)
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    for (const scheme of ['http', 'https']) {
      const started = performance.now()
      const limits = { ...shortLimits, connect: 500 }
      const error = await errorOf(bench.pull(`${scheme}://127.0.0.1:${port}/model.gguf`, { limits }))
      expect(error.code).toBe('sources_failed')
      expect(performance.now() - started).toBeLessThan(3_000)
    }
    mute.close()
  })
})

describe('a proxy of the environment', () => {
  /** Passes plain requests on, hosts CONNECT requests, and remembers where to. */
  async function startProxy() {
    const hosts: string[] = []
    const proxy = createHttpServer()
    proxy.on('request', ({ url = '', method, headers }, response) => {
      hosts.push(new URL(url).host)
      const upstream = httpRequest(url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      upstream.on('error', () => response.destroy()).end()
    })
    proxy.on('connect', ({ url = '' }: { url?: string }, client: Socket) => {
      hosts.push(url)
      const { hostname, port } = new URL(`http://${url}`)
      const upstream = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(client).pipe(upstream)
      })
      for (const socket of [client, upstream]) socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const stop = () => {
      proxy.closeAllConnections()
      proxy.close()
    }
    return { address, hosts, stop }
  }

  test('is used, but not for hosts that it is not for', async () => {
    const proxy = await startProxy()
    try {
      for (const [noProxy, expected] of [
        ['', true],
        ['127.0.0.1', false],
      ] as const) {
        proxy.hosts.length = 0
        await using bench = await openBench()
        const environment = { HTTP_PROXY: proxy.address, NO_PROXY: noProxy }
        await bench.pull(server.on(fresh(), honest(model)), { environment })
        expect(proxy.hosts.includes(new URL(server.origin).host)).toBe(expected)
      }
    } finally {
      proxy.stop()
    }
  })

  test('that is out of reach or misspelt is told', async () => {
    await using bench = await openBench()
    const url = server.on(fresh(), honest(model))
    const dead = await errorOf(bench.pull(url, { environment: { http_proxy: 'http://127.0.0.1:9' } }))
    expect(dead).toMatchObject({ code: 'sources_failed' })
    const wrong = await errorOf(bench.pull(url, { environment: { http_proxy: 'proxy:x:y' } }))
    expect(wrong).toMatchObject({ code: 'config_invalid', exit: 2 })
  })
})

describe('a licence', () => {
  test('that is permissive is recorded without a question', async () => {
    await using bench = await openBench()
    const acceptLicence = () => Promise.reject(new Error('not to be asked'))
    const { manifest } = await bench.pull(server.on(fresh(), honest(model)), { acceptLicence })
    expect(manifest.licence).toMatchObject({ id: 'Apache-2.0', accepted: { how: 'permissive' } })
    expect(manifest.licence.accepted.by).not.toBe('')
  })

  test('with conditions is asked for before anything is fetched', async () => {
    await using bench = await openBench()
    const asked = server.asked.length
    const error = await errorOf(
      bench.pull('llama3.2:1b', {
        environment: { HF_ENDPOINT: server.origin },
        acceptLicence: async () => false,
      }),
    )
    expect(error).toMatchObject({ code: 'licence_not_accepted', exit: 4 })
    expect(error.hint).toContain('https://www.llama.com/llama3_2/license/')
    expect(server.asked.length).toBe(asked)
  })

  test('that only the file states is asked for before it has a place, and what came is not fetched twice', async () => {
    await using bench = await openBench()
    const path = fresh()
    const url = server.on(path, honest(smallGguf({ bytes: 300_000, licence: 'gemma' })))
    expect(await errorOf(bench.pull(url, { acceptLicence: async () => false }))).toMatchObject({
      code: 'licence_not_accepted',
    })
    expect(await bench.blobs()).toEqual([])
    const before = server.requests(path).length
    const { manifest } = await bench.pull(url)
    expect(manifest.licence).toMatchObject({ id: 'gemma', accepted: { how: 'asked' } })
    expect(server.requests(path).length - before).toBe(1) // the probe
  })
})

describe('the text of a licence', () => {
  const gemma = smallGguf({ bytes: 300_000, licence: 'gemma', seed: 7 })
  const text = 'You may use this as you are told. ✓\n'

  test('that lies beside the file is kept, by its digest', async () => {
    await using bench = await openBench()
    const folder = await mkdtemp(join(tmpdir(), 'elpis-licence-'))
    await writeFile(join(folder, 'm.gguf'), gemma)
    await writeFile(join(folder, 'LICENSE.txt'), text)
    await writeFile(join(folder, 'USE_POLICY.md'), 'Do no harm.')
    const { manifest } = await bench.pull(`file:${folder}/m.gguf`)
    await rm(folder, { recursive: true })
    expect(manifest.licence.policy).toBe(digest(Buffer.from('Do no harm.')))
    expect(await bench.store.licence(manifest.licence.policy ?? '')).toMatchObject({ text: 'Do no harm.' })
    expect(manifest.licence.text).toBe(digest(Buffer.from(text)))
    expect(await bench.store.licence(manifest.licence.text ?? '')).toMatchObject({ text })
    // Somebody accepted it: it stays.
    await bench.store.remove(manifest.name)
    expect(await bench.store.licence(manifest.licence.text ?? '')).toMatchObject({ text })
    await writeFile(
      join(bench.store.folder, 'licences', `sha256-${manifest.licence.text}`),
      'All is allowed.',
    )
    expect(await bench.store.licence(manifest.licence.text ?? '')).toBeNull()
  })

  test.for([
    ['at the top of its repository', honest(Buffer.from(text)), digest(Buffer.from(text))],
    ['not there', status(404), null],
    ['no text', honest(Buffer.from([0xff, 0xfe, 0])), null],
    ['without end', honest(Buffer.alloc(2_000_000, 'x')), null],
  ] as const)('of a model of the hub: %s', async ([_case, licence, expected]) => {
    await using bench = await openBench()
    const repository = `org/repo-${server.asked.length}`
    server.on(`/${repository}/resolve/main/deep/m.gguf`, honest(gemma))
    server.on(`/${repository}/resolve/main/LICENSE`, licence)
    const { manifest } = await bench.pull(`hf:${repository}/deep/m.gguf`, {
      environment: { HF_ENDPOINT: server.origin },
    })
    expect(manifest.licence).toMatchObject({ id: 'gemma', text: expected })
  })

  test('is not asked for where there is nothing to accept', async () => {
    await using bench = await openBench()
    const repository = `org/repo-${server.asked.length}`
    server.on(`/${repository}/resolve/main/m.gguf`, honest(model))
    const licence = `/${repository}/resolve/main/LICENSE`
    server.on(licence, honest(Buffer.from(text)))
    const { manifest } = await bench.pull(`hf:${repository}/m.gguf`, {
      environment: { HF_ENDPOINT: server.origin },
    })
    expect(manifest.licence.text).toBeNull()
    expect(server.requests(licence)).toEqual([])
  })
})

describe('the disk', () => {
  test('is looked at first, and both sizes are named', async () => {
    await using bench = await openBench()
    const path = fresh()
    const error = await errorOf(bench.pull(server.on(path, honest(model)), { free: async () => 1_500_000 }))
    expect(error).toMatchObject({ code: 'disk_full', exit: 5 })
    expect(error.message).toMatch(/2\.00 MB needed, 1\.50 MB free/)
    expect(server.requests(path)).toHaveLength(1)
  })

  test('is not filled by a body without an end', async () => {
    await using bench = await openBench()
    const chunk = Buffer.alloc(4_000_000)
    const endless = ({ response }: Parameters<ReturnType<typeof honest>>[0]) => {
      response.writeHead(200)
      const more = (error?: Error | null) => {
        if (!error && !response.destroyed) setImmediate(() => response.write(chunk, more))
      }
      more()
    }
    let free = 1_000_000_000
    const error = await errorOf(
      bench.pull(server.on(fresh(), endless), {
        limits: { ...shortLimits, spare: 100_000_000, checkRoomEvery: 8_000_000 },
        free: async () => (free -= 400_000_000),
      }),
    )
    expect(error.code).toBe('disk_full')
    expect(await bench.blobs()).toEqual([])
  })
})

describe('a file of this machine', () => {
  test('is copied, and what is no file is refused', async () => {
    await using bench = await openBench()
    const folder = await mkdtemp(join(tmpdir(), 'elpis-file-'))
    const path = join(folder, 'Modèle à moi.gguf')
    await writeFile(path, model)
    const { manifest } = await bench.pull(`file:${path}`)
    await rm(path)
    expect(manifest.name).toBe('mod-le-moi')
    expect((await stat((await bench.store.paths(manifest.name))[0]!)).size).toBe(model.length)
    await mkdir(path)
    for (const wrong of [path, join(folder, 'none.gguf')]) {
      expect(await errorOf(bench.pull(`file:${wrong}`, { name: 'wrong' }))).toMatchObject({
        code: 'sources_failed',
      })
    }
    await rm(folder, { recursive: true })
  })
})
