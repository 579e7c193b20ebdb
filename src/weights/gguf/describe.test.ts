import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ggufBytes, i32s, text, texts, u32 } from '../../../test/tiny-models/gguf-writer.ts'
import { soundParts } from '../../../test/tiny-models/sound-file.ts'
import { describeModel } from './describe.ts'
import { readGguf } from './read.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-describe-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const summaryOf = async (...parts: Parameters<typeof soundParts>) => {
  const path = join(folder, 'model.gguf')
  await writeFile(path, ggufBytes(soundParts(...parts)))
  return describeModel(await readGguf(path))
}

test('the summary of a sound file', async () => {
  expect(await summaryOf()).toMatchObject({
    architecture: 'llama',
    name: 'Sound',
    licence: { id: 'apache-2.0', name: null, link: null },
    languages: ['en', 'el'],
    tags: [],
    baseModels: [],
    parameters: 288,
    quantisation: 'F32',
    bitsPerWeight: 32,
    tensorGroups: [{ type: 'F32', tensors: 2, elements: 288, bytes: 1152 }],
    trainedContextTokens: 128,
    layers: 1,
    heads: 4,
    kvHeads: 2,
    headDimension: 8,
    embedding: 32,
    vocabularySize: 8,
    tokenizer: { model: 'llama', pre: null },
    specialTokens: new Map([
      ['bos', 1],
      ['eos', 2],
    ]),
    chatTemplate: '{{ messages[0].content }}',
  })
})

test('base models, tags, licence names and further templates are told', async () => {
  const summary = await summaryOf({
    'general.base_model.count': u32(2),
    'general.base_model.0.name': text('Base'),
    'general.base_model.0.organization': text('Lab'),
    'general.base_model.0.repo_url': text('https://models.example/base'),
    'general.license': text('other'),
    'general.license.name': text('Lab Licence'),
    'general.license.link': text('https://models.example/licence'),
    'general.tags': texts(['chat']),
    'tokenizer.chat_template.tool_use': text('{{ tools }}'),
  })
  expect(summary).toMatchObject({
    baseModels: [
      { name: 'Base', organisation: 'Lab', version: null, url: 'https://models.example/base' },
      { name: null, organisation: null, version: null, url: null },
    ],
    licence: { id: 'other', name: 'Lab Licence', link: 'https://models.example/licence' },
    tags: ['chat'],
    otherTemplates: ['tool_use'],
  })
})

test('a number of base models that nobody can have makes no long list', async () => {
  expect((await summaryOf({ 'general.base_model.count': u32(2 ** 32 - 1) })).baseModels.length).toBeLessThan(
    20,
  )
})

test('of numbers that differ by layer the largest is told', async () => {
  const summary = await summaryOf({
    'llama.attention.head_count': i32s([0, 8]),
    'llama.attention.head_count_kv': i32s([0, 2]),
  })
  expect(summary).toMatchObject({ heads: 8, kvHeads: 2 })
})

test('an unknown file type falls back to the type that most bytes have', async () => {
  const tensors = [
    { name: 'a', type: 0, dimensions: [32], data: Buffer.alloc(128) },
    { name: 'b', type: 8, dimensions: [32, 64], data: Buffer.alloc(34 * 64) },
  ]
  expect(await summaryOf({ 'general.file_type': u32(999) }, { tensors })).toMatchObject({
    quantisation: 'Q8_0',
    tensorGroups: [{ type: 'Q8_0' }, { type: 'F32' }],
  })
})
