import { chmod, mkdtemp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Manifest } from './manifest.ts'
import { openStore, type WeightsStore } from './store.ts'

let folder: string
let store: WeightsStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-store-'))
  store = openStore(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

async function put(name: string, ...contents: string[]): Promise<Manifest> {
  const arrived = new Map<string, string>()
  for (const content of contents) {
    const path = join(folder, `arriving-${hash(content)}`)
    await writeFile(path, content)
    arrived.set(hash(content), path)
  }
  const manifest: Manifest = {
    version: 1,
    name,
    reference: 'file:/m.gguf',
    source: 'file:/m.gguf',
    digest: hash(contents.join()),
    files: contents.map((content, index) => ({
      name: `m-0000${index + 1}-of-0000${contents.length}.gguf`,
      bytes: content.length,
      sha256: hash(content),
      verified: 'first-seen',
    })),
    licence: {
      id: 'MIT',
      name: 'MIT License',
      version: null,
      link: null,
      text: null,
      policy: null,
      accepted: { by: 'somebody', at: '2026-01-01T00:00:00.000Z', how: 'permissive' },
    },
    pulledAt: '2026-01-01T00:00:00.000Z',
    summary: { title: null, parameters: null, quantisation: null, context: null, architecture: null },
  }
  expect(await store.commit(manifest, arrived)).toBe(true)
  return manifest
}

const blobs = () => readdir(join(folder, 'blobs'))

test('a store that was never written to is empty', async () => {
  expect(await store.list()).toEqual({ models: [], damaged: [] })
  expect(await store.lookup('a:b')).toBeNull()
})

test('what was put in is found again, in the order of names', async () => {
  const b = await put('b', 'two')
  const a = await put('a:1', 'one')
  expect((await store.list()).models).toEqual([a, b])
  expect(await store.find('a:1')).toEqual(a)
  expect(await readFile((await store.paths('b'))[0]!, 'utf8')).toBe('two')
})

test('files of a store are read-only', async () => {
  await put('a', 'one')
  const [path = ''] = await store.paths('a')
  expect((await stat(path)).mode & 0o777).toBe(0o444)
})

test('a name that is not there leads to the nearest', async () => {
  await put('smollm2:135m', 'one')
  await expect(store.find('smollm2:134m')).rejects.toMatchObject({
    code: 'model_not_pulled',
    exit: 3,
    hint: 'Did you mean smollm2:135m?',
  })
  await expect(store.find('qwen3:4b')).rejects.toMatchObject({ hint: '`elpis pull qwen3:4b` fetches it.' })
})

test.for(['../../etc/passwd', 'a/../b', '..', 'a\0', 'A', '%2e%2e'])('%j reaches nothing', async (name) => {
  for (const use of ['find', 'paths', 'remove', 'verify'] as const) {
    await expect(store[use](name)).rejects.toMatchObject({ code: 'model_not_pulled' })
  }
})

describe('removing', () => {
  test('keeps files that another model has', async () => {
    await put('a', 'shared')
    await put('b', 'shared')
    expect(await store.remove('a')).toBe(0)
    expect(await blobs()).toHaveLength(1)
    expect(await store.remove('b')).toBe(6)
    expect(await blobs()).toEqual([])
  })

  test('keeps all files while a record cannot be read: it may be theirs', async () => {
    await put('a', 'one')
    await put('b', 'one')
    await writeFile(join(folder, 'manifests/b.json'), '{')
    expect(await store.remove('a')).toBe(0)
    expect(await blobs()).toHaveLength(1)
  })

  test('takes the links of a split model along', async () => {
    await put('a', 'one', 'two')
    const paths = await store.paths('a')
    expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(['one', 'two'])
    await store.remove('a')
    await expect(readFile(paths[0]!)).rejects.toThrow('ENOENT')
  })
})

describe('damage', () => {
  test.for(['', '{', '[]', '{"version":2}', JSON.stringify({ version: 1, name: 'a' })])(
    'a record %j is told and hides no other',
    async (text) => {
      const b = await put('b', 'two')
      await mkdir(join(folder, 'manifests'), { recursive: true })
      await writeFile(join(folder, 'manifests/a.json'), text)
      const listed = await store.list()
      expect(listed.models).toEqual([b])
      expect(listed.damaged).toMatchObject([{ name: 'a' }])
      await expect(store.find('a')).rejects.toMatchObject({ code: 'store_damaged', exit: 6 })
      await store.remove('a')
      expect((await store.list()).damaged).toEqual([])
    },
  )

  test('a record with a name or digest that leads elsewhere is refused', async () => {
    const manifest = await put('a', 'one')
    const path = join(folder, 'manifests/a.json')
    for (const change of [
      { name: '../b' },
      { name: 'b' },
      { files: [{ ...manifest.files[0], name: '../../x' }] },
      { files: [{ ...manifest.files[0], sha256: '../../../etc/passwd' }] },
      { files: [] },
    ]) {
      await writeFile(path, JSON.stringify({ ...manifest, ...change }))
      await expect(store.paths('a')).rejects.toMatchObject({ code: 'store_damaged' })
    }
  })

  test('a file that was changed, cut short or lost is found', async () => {
    const { files } = await put('a', 'one')
    const path = join(folder, 'blobs', `sha256-${files[0]!.sha256}`)
    expect(await store.verify('a')).toMatchObject([{ actual: files[0]!.sha256 }])
    await chmod(path, 0o644)
    await writeFile(path, 'eno')
    expect(await store.verify('a')).toMatchObject([{ actual: hash('eno') }])
    await store.setAside(files[0]!.sha256)
    expect(await store.verify('a')).toMatchObject([{ actual: null }])
    await expect(store.paths('a')).rejects.toMatchObject({ code: 'store_damaged' })
  })
})

test('a model whose file was removed meanwhile is not recorded', async () => {
  const manifest = await put('a', 'one')
  await store.remove('a')
  expect(await store.commit(manifest, new Map())).toBe(false)
  expect((await store.list()).models).toEqual([])
})
