/**
 * Graphics processors. Most machines that run tests have none: where `GPU_TEST_LIBRARIES` names the folder of a build
 * with a device that it finds (Mesa's llvmpipe, a Vulkan device in software, will do), models are computed there as well.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { servedMemory } from '../src/server/model-memory.ts'
import { layerSizes } from '../src/weights/gguf/layer-sizes.ts'
import { readGguf } from '../src/weights/gguf/read.ts'
import { elpis, freshHome, type Home } from './support/elpis.ts'
import { EngineChild } from './support/engine-child.ts'
import { realModelPath } from './support/real-model.ts'

const libraries = process.env['GPU_TEST_LIBRARIES']

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('elpis gpu', () => {
  let home: Home
  beforeAll(() => {
    home = freshHome()
  })
  afterAll(() => home[Symbol.asyncDispose]())

  test('list tells what can be installed, and what it needs', async () => {
    const { code, stdout } = await elpis(home, ['gpu', 'list', '--json'])
    expect(code).toBe(0)
    const { builds } = JSON.parse(stdout) as { builds: { kind: string; installed: boolean; used: boolean }[] }
    expect(builds.map(({ kind, installed, used }) => [kind, installed, used])).toEqual([
      ['cuda', false, false],
      ['vulkan', false, false],
    ])
    expect((await elpis(home, ['gpu', 'list'])).stdout).toContain('needs an NVIDIA driver')
  })

  test.each([
    [['gpu', 'add', 'opencl'], 'There are: cuda, vulkan'],
    [['gpu', 'rm', 'cuda'], 'no build "cuda"'],
  ])('%j says what is wrong', async (words, message) => {
    const { code, stderr } = await elpis(home, words)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  test('a server that shall compute on what is not installed says how to install it', async () => {
    const environment = { ELPIS_ENGINE_GPU: 'vulkan' }
    const { stdout } = await elpis(home, ['doctor', '--json'], { environment })
    const { findings } = JSON.parse(stdout) as {
      findings: { name: string; state: string; advice?: string }[]
    }
    expect(JSON.stringify(findings)).toContain('elpis gpu add vulkan')
  })
})

test('what the layers of a model take adds up to what the model takes', async () => {
  const header = await readGguf(await realModelPath())
  const memory = servedMemory(header, settings.parse({}).engine)
  const { layers, output, compute } = layerSizes(header, memory)
  expect(layers).toHaveLength(30)
  const sum = layers.reduce((total, bytes) => total + bytes, 0) + output + compute
  // Its embeddings serve for logits as well.
  expect(sum / (memory.total - memory.process - memory.repacked)).toBeCloseTo(1, 2)
})

describe.runIf(libraries !== undefined)('a device', () => {
  test.each([0, 7, 31, null])(
    'gives the text that the CPU gives, with %j layers on it',
    async (layers) => {
      const path = await realModelPath()
      const header = await readGguf(path)
      const small = { ...settings.parse({}).engine, context: 512, cache: 1024, sequences: 2 }
      const sizes = layerSizes(header, servedMemory(header, small))
      const child = new EngineChild()
      try {
        const placement = { layers, sizes, devices: [], reads: [] }
        const common = { path, contextTokens: 512, cacheTokens: 1024, sequences: 2, libraries: libraries! }
        const { build } = await child.load({ ...common, placement })
        expect(build).toContain(`${layers ?? 31} of 31 layers on`)
        const prompt = [{ text: 'Once upon a time', control: false }]
        const { choices } = await child.run({ prompt, maxTokens: 12 })
        expect(choices[0]?.text).toBe(', the city of Nova Haven was a thriving metropolis, with')
      } finally {
        child.process.kill()
      }
    },
    120_000,
  )
})
