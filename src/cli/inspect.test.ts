import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeTinyModel } from '../../test/tiny-models/families.ts'
import { ggufBytes, text, texts, u16 } from '../../test/tiny-models/gguf-writer.ts'
import { soundParts } from '../../test/tiny-models/sound-file.ts'
import { loadConfig } from '../config.ts'
import type { Sha256 } from '../core/ids.ts'
import { openStore } from '../weights/store.ts'
import { inspect } from './inspect.ts'

let folder: string
let llama: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-inspect-'))
  llama = join(folder, 'llama.gguf')
  await writeTinyModel('llama-3.1', llama)
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function run(
  name: string,
  options: Readonly<Record<string, string | boolean>> = {},
  json = false,
): Promise<{ code: number; out: string }> {
  const printed: string[] = []
  const code = await inspect.run({
    options,
    positionals: [name],
    json,
    terminal: {
      print: (line: string) => void printed.push(line),
      note: (line: string) => void printed.push(`note: ${line}`),
      interactive: false,
      columns: 80,
      ask: async () => null,
    },
    config: () => loadConfig({ ELPIS_HOME: folder }),
    signal: new AbortController().signal,
  } as unknown as Parameters<typeof inspect.run>[0])
  return { code: code ?? 0, out: printed.join('\n') }
}

describe('text', () => {
  test('tells what a model is and what it needs', async () => {
    const { code, out } = await run(llama)
    expect(code).toBe(0)
    expect(out.match(/^\w.*$/gm)).toEqual([
      'Model',
      'Architecture',
      'Tokenizer',
      'Licence',
      'Chat template',
      'Memory at a context of 8,192 tokens',
      'Tensors',
    ])
    expect(out).toMatch(/^ {2}name {8}Tiny Llama 3\.1 Instruct$/m)
    expect(out).toMatch(/^ {2}attention {5}4 heads of 16, sharing 2 of keys and values$/m)
    expect(out).toMatch(/^ {2}rope {10}base 500,000, scaled by factors$/m)
    expect(out).toMatch(/^ {2}bos {9}266 {2}<\|begin_of_text\|>$/m)
    expect(out).toMatch(/^ {2}licence {2}llama3\.1$/m)
    expect(out).toMatch(/^ +one answer +16 at once$/m)
    expect(out).not.toContain('blk.0')
  })

  test('at another context, also beyond what the model was trained for', async () => {
    expect((await run(llama, { context: '1024' })).out).toContain('Memory at a context of 1,024 tokens\n')
    expect((await run(llama, { context: '200000' })).out).toContain('beyond the 131,072 it was trained for')
    for (const context of ['0', '-1', '1e3', 'many', '99999999']) {
      await expect(run(llama, { context })).rejects.toMatchObject({ code: 'usage', exit: 2 })
    }
  })

  test('lists tensors and keys when asked', async () => {
    const { out } = await run(llama, { tensors: true, metadata: true })
    expect(out).toMatch(/^rope_freqs\.weight +F32 +8 +32 bytes$/m)
    expect(out).toMatch(/^tokenizer\.ggml\.tokens +array +277 × string$/m)
    expect(out).toMatch(/^llama\.attention\.layer_norm_rms_epsilon +f32 +0\.00001$/m)
  })

  test('prints the template alone, line by line', async () => {
    const { out } = await run(llama, { template: true })
    expect(out.startsWith('{{- bos_token }}\n{%- set system')).toBe(true)
  })
})

test('JSON has everything, and more when asked', async () => {
  const plain = JSON.parse((await run(llama, {}, true)).out)
  expect(plain).toMatchObject({
    model: llama,
    files: [llama],
    servable: true,
    problem: null,
    architecture: 'llama',
    tokenizer: { model: 'gpt2', pre: 'llama-bpe' },
    specialTokens: [
      { name: 'bos', id: 266, text: '<|begin_of_text|>' },
      { name: 'eos', id: 275, text: '<|eot_id|>' },
    ],
    memory: {
      contextTokens: 8192,
      sequences: 16,
      cacheTokens: 32_768,
      alone: { weights: expect.any(Number) },
    },
  })
  expect(plain).not.toHaveProperty('tensors')
  const full = JSON.parse((await run(llama, { tensors: true, metadata: true }, true)).out)
  expect(full.tensors[0]).toMatchObject({ name: 'token_embd.weight', type: 'F16', dimensions: [64, 277] })
  expect(full.metadata[0]).toEqual({ key: 'general.architecture', type: 'string', value: 'llama' })
  expect(JSON.parse((await run(llama, { template: true }, true)).out)).toEqual({
    template: plain.chatTemplate,
  })
})

describe('hostile text', () => {
  const evil = '\u001B]0;owned\u0007\u009B2J\u202E\u200B'
  test.each([false, true])('never reaches the terminal raw, JSON: %s', async (json) => {
    const path = join(folder, 'evil.gguf')
    const changes = {
      'general.name': text(evil),
      'general.license': text(evil),
      'general.license.link': text(evil),
      'general.organization': text(evil),
      'general.description': text(evil),
      'general.tags': texts([evil]),
      'general.languages': texts([evil]),
      'general.quantized_by': text(evil),
      'general.repo_url': text(evil),
      'tokenizer.ggml.pre': text(evil),
      'tokenizer.chat_template': text(`a\n${evil}\r`),
      [`tokenizer.chat_template.\u200Bx`]: text(evil),
      'tokenizer.ggml.tokens': texts(['<unk>', evil, `${evil}.`, 'a', 'b', 'ab', 'c', 'd']),
    }
    await writeFile(path, ggufBytes(soundParts(changes)))
    for (const options of [{}, { tensors: true, metadata: true }, { template: true }]) {
      const { out } = await run(path, options, json)
      expect(out).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u)
      expect(out).toContain(json ? '\\u009b' : '\\u{9b}')
    }
  })
})

test('JSON that was escaped says what the file says', async () => {
  const path = join(folder, 'foreign.gguf')
  await writeFile(path, ggufBytes(soundParts({ 'general.name': text('a\u009B\u{E0041}b "c" \\') })))
  expect(JSON.parse((await run(path, {}, true)).out)).toMatchObject({ name: 'a\u009B\u{E0041}b "c" \\' })
})

describe('what cannot be served', () => {
  test('is shown as far as it can be, with the reason and exit code 6', async () => {
    const path = join(folder, 'adapter.gguf')
    await writeFile(path, ggufBytes(soundParts({ 'general.type': text('adapter') })))
    const { code, out } = await run(path)
    expect(code).toBe(6)
    expect(out).toContain('Cannot be served\n  ')
    expect(out).toContain('it calls itself "adapter"')
    expect(JSON.parse((await run(path, {}, true)).out)).toMatchObject({
      servable: false,
      architecture: 'llama',
    })
  })

  test('a part that is missing', async () => {
    const path = join(folder, 'split-00001-of-00002.gguf')
    await writeFile(path, ggufBytes(soundParts({ 'split.count': u16(2), 'split.no': u16(0) })))
    const { code, out } = await run(path)
    expect([code, out]).toEqual([6, expect.stringContaining('part 2 of 2 is missing')])
  })

  test('a broken header is an error', async () => {
    const path = join(folder, 'broken.gguf')
    await writeFile(path, 'GGUFoooo')
    await expect(run(path)).rejects.toMatchObject({ code: 'weights_invalid', exit: 6 })
    await expect(run('./none.gguf')).rejects.toMatchObject({ code: 'file_missing', exit: 3 })
  })
})

test('a model of the store is found by its name, with where it came from', async () => {
  const bytes = ggufBytes(soundParts())
  const digest = createHash('sha256').update(bytes).digest('hex') as Sha256
  const store = openStore(join(folder, 'models'))
  const arrived = join(await store.partialFolder('test'), 'file')
  await writeFile(join(folder, 'sound.gguf'), bytes)
  await copyFile(join(folder, 'sound.gguf'), arrived)
  await store.commit(
    {
      version: 1,
      name: 'sound:tiny',
      reference: 'file:sound.gguf',
      source: 'file:sound.gguf',
      digest,
      files: [{ name: 'sound.gguf', bytes: bytes.length, sha256: digest, verified: 'first-seen' }],
      licence: {
        id: 'Apache-2.0',
        name: 'Apache License 2.0',
        version: null,
        link: null,
        text: null,
        policy: null,
        accepted: { by: 'somebody', at: '2026-01-02T03:04:05.000Z', how: 'permissive' },
      },
      pulledAt: '2026-01-02T03:04:05.000Z',
      summary: { title: null, parameters: null, quantisation: null, context: null, architecture: null },
    },
    new Map([[digest, arrived]]),
  )
  const { code, out } = await run('sound:tiny')
  expect(code).toBe(0)
  expect(out).toContain(`sha256       ${digest}`)
  expect(out).toContain('accepted  by somebody on 2026-01-02')
  await expect(run('sound:tin')).rejects.toMatchObject({ code: 'model_not_pulled', exit: 3 })
})
