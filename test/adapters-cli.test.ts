/** Adapters as their owner meets them: the command line, a running server, a client. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readGguf } from '../src/weights/gguf/read.ts'
import { createKey, elpis, freshHome, serveElpis, type Home, type RunningServer } from './support/elpis.ts'
import { adapterFor } from './tiny-models/adapter.ts'
import { text } from './tiny-models/gguf-writer.ts'
import { tinyModel } from './tiny-models/families.ts'

const settings = {
  ELPIS_MODELS_SERVE: 'tiny,other',
  ELPIS_ENGINE_CONTEXT: '512',
  ELPIS_ENGINE_SEQUENCES: '2',
  // What random weights say is judged to be all sorts of things.
  ELPIS_GUARD_POLICY: 'open',
}
let home: Home
let server: RunningServer
let key: string
let file: string

beforeAll(async () => {
  home = freshHome()
  for (const [name, seed] of [
    ['tiny', 1],
    ['other', 2],
  ] as const) {
    const path = join(home.path, `${name}.gguf`)
    await writeFile(path, tinyModel('llama-3.1', seed))
    const { code, stderr } = await elpis(home, ['pull', `file:${path}`, '--name', name, '--accept-license'])
    if (code !== 0) throw new Error(stderr)
  }
  file = join(home.path, 'tone.gguf')
  await writeFile(file, adapterFor(await readGguf(join(home.path, 'tiny.gguf')), { alpha: 4 }))
  key = (await createKey(home)).key
  server = await serveElpis(home, [], { environment: settings })
}, 60_000)
afterAll(async () => {
  await server.stop()
  await home[Symbol.asyncDispose]()
})

const headers = () => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })

async function ask(body: object): Promise<{ status: number; text: string | undefined; model: string }> {
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ prompt: 'Once', max_tokens: 24, temperature: 0, ignore_eos: true, ...body }),
  })
  const answer = (await response.json()) as { model: string; choices?: { text: string }[] }
  return { status: response.status, text: answer.choices?.[0]?.text, model: answer.model }
}

test('an adapter that is added while the server runs is there at once, and gone when it is removed', async () => {
  const plain = await ask({ model: 'tiny' })
  expect(await ask({ model: 'tiny+tone' })).toMatchObject({ status: 404 })

  const added = await elpis(home, ['adapters', 'add', 'tone', file, '--model', 'tiny'])
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('Added tiny+tone: rank 4') })
  expect(added.stderr).toContain('The running server has it.')

  const adapted = await ask({ model: 'tiny+tone' })
  expect(adapted).toMatchObject({ status: 200, model: 'tiny+tone' })
  expect(adapted.text).not.toBe(plain.text)
  expect(await ask({ model: 'tiny', adapter: 'tone' })).toEqual(adapted)
  expect(await ask({ model: 'tiny' })).toEqual(plain)

  const models = (await (await fetch(`${server.url}/v1/models`, { headers: headers() })).json()) as {
    data: { id: string; parent: string | null; digest: string }[]
  }
  const listed = models.data.find(({ id }) => id === 'tiny+tone')
  expect(models.data.map(({ id, parent }) => [id, parent])).toEqual([
    ['tiny', null],
    ['tiny+tone', 'tiny'],
    ['other', null],
  ])
  const { stdout } = await elpis(home, ['adapters', 'list', '--json'])
  const { adapters } = JSON.parse(stdout) as { adapters: { name: string; model: string; sha256: string }[] }
  expect(adapters).toMatchObject([{ name: 'tone', model: 'tiny', sha256: listed!.digest }])

  expect(await elpis(home, ['adapters', 'rm', 'tone', '--model', 'tiny'])).toMatchObject({ code: 0 })
  expect(await ask({ model: 'tiny+tone' })).toMatchObject({ status: 404 })
  expect((await elpis(home, ['adapters', 'list', '--json'])).stdout.trim()).toBe('{"adapters":[]}')
}, 60_000)

test('an adapter comes under its own licence, which is asked for as a model’s is and is there to be accepted', async () => {
  const folder = join(home.path, 'licensed')
  await mkdir(folder)
  const own = join(folder, 'voice.gguf')
  const metadata = { 'general.license': text('gemma') }
  await writeFile(own, adapterFor(await readGguf(join(home.path, 'tiny.gguf')), { seed: 3, metadata }))
  await writeFile(join(folder, 'LICENSE'), 'You may speak with it.')
  await writeFile(join(folder, 'USE_POLICY.md'), 'Deceive nobody with it.')
  const words = ['adapters', 'add', 'voice', own, '--model', 'tiny']
  expect(await elpis(home, words)).toMatchObject({ code: 4, stderr: expect.stringContaining('Gemma') })
  const added = await elpis(home, [...words, '--accept-license', '--json'])
  const digests = ['You may speak with it.', 'Deceive nobody with it.'].map((said) =>
    createHash('sha256').update(said).digest('hex'),
  )
  expect(JSON.parse(added.stdout)).toMatchObject({
    licence: { id: 'gemma', text: digests[0], policy: digests[1], accepted: { how: 'asked' } },
  })
  const { stdout } = await elpis(home, ['licences', 'list', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    documents: expect.arrayContaining([
      expect.objectContaining({ document: 'licence:gemma', version: digests[0] }),
      expect.objectContaining({ document: 'policy:gemma', version: digests[1] }),
    ]),
  })
  expect((await elpis(home, ['licences', 'show', 'policy:gemma'])).stdout).toContain('Deceive nobody')
  await elpis(home, ['adapters', 'rm', 'voice', '--model', 'tiny'])
})

test('the list of models says which are loaded in the running server', async () => {
  const { stdout } = await elpis(home, ['models', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ served: { tiny: 'ready', other: 'ready' } })
  expect((await elpis(home, ['models'])).stdout).toMatch(/tiny .* ready/)
})

test('one is fetched from where a reference says, and not kept twice', async () => {
  const bytes = await readFile(file)
  const web = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1')
  await once(web, 'listening')
  try {
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/far.gguf`
    const added = await elpis(home, ['adapters', 'add', 'far', url, '--model', 'tiny', '--json'])
    expect(added.code).toBe(0)
    expect(JSON.parse(added.stdout)).toMatchObject({ name: 'far', reference: url, bytes: bytes.length })
    expect(await ask({ model: 'tiny+far' })).toMatchObject({ status: 200 })
    const partial = await readdir(join(home.path, 'models/partial'), { recursive: true })
    expect(partial.filter((name) => name.includes('far'))).toEqual([])
  } finally {
    web.close()
  }
})

test.each([
  [['add', 'Bad Name', 'FILE', '--model', 'tiny'], 2, 'cannot be the name'],
  [['add', 'tone', 'FILE'], 2, '--model is missing'],
  [['add', 'tone', 'FILE', '--model', 'nothing'], 3, 'nothing'],
  [['add', 'tone', 'missing.gguf', '--model', 'tiny'], 3, 'missing.gguf'],
  [['add', 'tone', 'tiny.gguf', '--model', 'tiny'], 6, 'general.type'],
  [['rm', 'tone', '--model', 'tiny'], 3, 'no adapter "tone"'],
])('elpis adapters %j says what is wrong', async (words, code, message) => {
  const outcome = await elpis(home, ['adapters', ...words.map((word) => (word === 'FILE' ? file : word))])
  expect(outcome.stderr).toContain(message)
  expect(outcome.code).toBe(code)
})
