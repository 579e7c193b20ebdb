import { mkdtemp, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../store.ts'
import { PartialFile } from './partial-file.ts'
import { prunePartials } from './prune.ts'

const validators = { etag: '"a"', lastModified: null }

let store: string
let folder: string
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'elpis-partial-'))
  folder = await openStore(store).partialFolder('key')
})
afterEach(() => rm(store, { recursive: true, force: true }))

async function half(): Promise<void> {
  const partial = await PartialFile.open(folder, 'm.gguf')
  await partial.begin(100, validators, 4)
  await partial.append(partial.state!.spans[1]!, Buffer.from('0123456789'))
  partial.addContributor('one')
  await partial.close()
}

test('what was written is there again after a restart, and the rest is filled in at its place', async () => {
  await half()
  const partial = await PartialFile.open(folder, 'm.gguf')
  expect(partial.received).toBe(10)
  expect(partial.state).toMatchObject({ total: 100, etag: '"a"', contributors: ['one'] })
  await partial.resume(validators)
  await partial.append(partial.state!.spans[1]!, Buffer.from('abcde'))
  await partial.append(partial.state!.spans[3]!, Buffer.from('end'))
  await partial.close()
  const bytes = await readFile(partial.path, 'latin1')
  expect(bytes.length).toBe(100)
  expect(bytes.slice(25, 40)).toBe('0123456789abcde')
  expect(bytes.slice(75, 78)).toBe('end')
})

test('a file of any size is divided without a gap, and none of its parts is empty', async () => {
  const partial = await PartialFile.open(folder, 'm.gguf')
  for (const total of [1, 2, 3, 4, 5, 7, 99, 100, 101]) {
    await partial.begin(total, validators, 4)
    const { spans } = partial.state!
    expect(spans[0]!.start).toBe(0)
    expect(spans.at(-1)!.end).toBe(total)
    expect(
      spans.every(({ start, end }, index) => end > start && start === (spans[index - 1]?.end ?? 0)),
    ).toBe(true)
  }
  await partial.close()
})

test.for([
  ['is not JSON', '{'],
  ['vouches for more than a span has', (text: string) => text.replace('"done":10', '"done":26')],
  ['has a gap', (text: string) => text.replace('"start":25', '"start":30')],
  ['is of another size', (text: string) => text.replace('"total":100', '"total":99')],
  ['has a negative number', (text: string) => text.replace('"done":10', '"done":-1')],
] as const)('a state that %s is not trusted', async ([, change]) => {
  await half()
  const path = join(folder, 'state.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, typeof change === 'string' ? change : change(text))
  expect((await PartialFile.open(folder, 'm.gguf')).state).toBeNull()
})

test('a file that is shorter than its state says is not trusted', async () => {
  await half()
  await truncate(join(folder, 'm.gguf'), 50)
  expect((await PartialFile.open(folder, 'm.gguf')).state).toBeNull()
})

test('what nobody went on with for two weeks is removed, unless somebody just does', async () => {
  const day = 24 * 3_600_000
  const inDays = (days: number) => ({ now: () => Date.now() + days * day })
  await half()
  await prunePartials(store, inDays(13))
  expect((await PartialFile.open(folder, 'm.gguf')).received).toBe(10)
  await utimes(folder, new Date(Date.now() - 15 * day), new Date(Date.now() - 15 * day))
  const lock = await openStore(store).lock('key', {})
  await prunePartials(store, inDays(0))
  expect((await PartialFile.open(folder, 'm.gguf')).received).toBe(10)
  await lock[Symbol.asyncDispose]()
  await prunePartials(store, inDays(0))
  expect((await PartialFile.open(folder, 'm.gguf')).state).toBeNull()
})
