import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../config.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'elpis-config-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function load(file: string, environment: Record<string, string> = {}) {
  writeFileSync(join(home, 'elpis.toml'), file)
  return loadConfig({ ELPIS_HOME: home, ...environment })
}

test('one line is an upstream, and then no model of this machine is loaded unasked', () => {
  const { upstreams, models } = load('upstreams.vllm = "http://gpu:8000"')
  expect(upstreams['vllm']).toMatchObject({ url: ['http://gpu:8000/v1'], models: [], kind: 'auto' })
  expect(models.serve).toEqual([])
  expect(load('upstreams.vllm = "http://gpu:8000/v1"\n[models]\nserve = ["a:1"]').models.serve).toEqual([
    'a:1',
  ])
  expect(load('').models.serve).toEqual(['smollm2:135m'])
})

test('so is one variable of the environment', () => {
  const { upstreams, sources } = load('', { ELPIS_UPSTREAMS_VLLM: 'https://gpu/openai/v1/' })
  expect(upstreams['vllm']?.url).toEqual(['https://gpu/openai/v1'])
  expect(sources.get('upstreams.vllm')).toBe('ELPIS_UPSTREAMS_VLLM')
})

test('replicas, names, and the rest', () => {
  const file = `[upstreams.gpus]
url = ["http://a:1/v1", "http://b:1/v1"]
models = { "qwen3:32b" = "Qwen/Qwen3-32B" }
key_env = "GPU_KEY"
idle_seconds = 5`
  expect(load(file).upstreams['gpus']).toMatchObject({
    url: ['http://a:1/v1', 'http://b:1/v1'],
    models: { 'qwen3:32b': 'Qwen/Qwen3-32B' },
    key_env: 'GPU_KEY',
    idle_seconds: 5,
  })
})

test.each([
  ['upstreams.x = "gpu:8000"', 'upstreams.x.url.0: must begin with http'],
  ['upstreams.x = "not an address"', 'is an address such as'],
  ['upstreams.x = "file:///etc/passwd"', 'must begin with http'],
  ['upstreams.x = "http://me:secret@gpu/v1"', 'key_env'],
  ['upstreams.x = "http://gpu/v1?key=secret"', 'must end with its path'],
  ['[upstreams.x]\nmodels = ["a"]', 'upstreams.x.url'],
  ['[upstreams.x]\nurl = "http://gpu"\nkey = "sk-1"', 'Unrecognized key: "key"'],
  ['[upstreams.x]\nurl = "http://gpu"\nkey_env = "sk-1"', 'never a key itself'],
  ['[upstreams.x]\nurl = "http://gpu"\nmodels = 5', 'a list of names, or a table'],
  ['[upstreams."gpu.a"]\nurl = "http://a"\n[upstreams."gpu.b"]\nurl = "http://b"', 'upstreams.gpu.a: '],
  ['[upstreams."gpu.a"]\nurl = "http://a"', 'lower-case'],
  ['[upstreams."Has Space"]\nurl = "http://gpu"', 'lower-case'],
])('%j is refused, and nothing of it is shown that could be secret', (file, problem) => {
  const error = refusal(file)
  expect(error).toMatchObject({ code: 'config_invalid' })
  expect(error.message).toContain(problem)
  expect(error.message).not.toMatch(/secret/)
})

function refusal(file: string): Error {
  try {
    load(file)
  } catch (error) {
    return error as Error
  }
  throw new Error('It was accepted.')
}
