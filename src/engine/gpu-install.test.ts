/** Against a registry of our own, with the real npm. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installGpuPackage } from './gpu-install.ts'

const name = '@node-llama-cpp/test-gpu'
const signal = new AbortController().signal
let folder: string
let registry: Server
let environment: NodeJS.ProcessEnv
let integrity: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-gpu-'))
  const source = join(folder, 'source')
  await mkdir(join(source, 'bins/test-gpu'), { recursive: true })
  const scripts = { install: `touch ${join(folder, 'script-ran')}` }
  await writeFile(join(source, 'package.json'), JSON.stringify({ name, version: '3.22.1', scripts }))
  await writeFile(join(source, 'bins/test-gpu/libllama.so'), 'a library')
  await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: source })
  const archive = await readFile(join(folder, 'node-llama-cpp-test-gpu-3.22.1.tgz'))
  integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`
  registry = createServer((request, response) => {
    if (request.url?.endsWith('.tgz') === true) {
      response.end(archive)
      return
    }
    if (decodeURIComponent(request.url ?? '') !== `/${name}`) {
      response.writeHead(404).end('{}')
      return
    }
    const tarball = `${environment['npm_config_registry']}/test-gpu.tgz`
    const versions = { '3.22.1': { name, version: '3.22.1', dist: { tarball, integrity } } }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '3.22.1' }, versions }))
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
  environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
    npm_config_cache: join(folder, 'cache'),
    npm_config_fetch_retries: '0',
  }
})
afterAll(async () => {
  registry.close()
  await rm(folder, { recursive: true, force: true })
})

const target = () => join(folder, 'home/gpu/cuda')

test('the package that was pinned is put in its place, and none of its scripts is run', async () => {
  await installGpuPackage({ name, version: '3.22.1', integrity }, target(), { signal, environment })
  const library = join(target(), 'node_modules', name, 'bins/test-gpu/libllama.so')
  expect(await readFile(library, 'utf8')).toBe('a library')
  expect(existsSync(join(folder, 'script-ran'))).toBe(false)
  expect(await readdir(join(folder, 'home/gpu'))).toEqual(['cuda'])
}, 30_000)

test('another one is not, and what was there stays', async () => {
  const wrong = { name, version: '3.22.1', integrity: `sha512-${'A'.repeat(86)}==` }
  await expect(installGpuPackage(wrong, target(), { signal, environment })).rejects.toMatchObject({
    code: 'gpu_install_failed',
    message: expect.stringContaining('another digest'),
  })
  expect(existsSync(join(target(), 'node_modules', name))).toBe(true)
  expect(await readdir(join(folder, 'home/gpu'))).toEqual(['cuda'])
}, 30_000)

test.each([
  ['a registry without it', { version: '9.9.9' }, {}, /No matching version|notarget|ETARGET/i],
  ['no npm', {}, { PATH: '/nowhere' }, /npm is not there/],
])(
  '%s is said',
  async (_, changes, variables, reason) => {
    const wanted = { name, version: '3.22.1', integrity, ...changes }
    const outcome = installGpuPackage(wanted, join(folder, 'other'), {
      signal,
      environment: { ...environment, ...variables },
    })
    await expect(outcome).rejects.toMatchObject({
      code: 'gpu_install_failed',
      message: expect.stringMatching(reason),
    })
    expect(existsSync(join(folder, 'other'))).toBe(false)
  },
  30_000,
)
