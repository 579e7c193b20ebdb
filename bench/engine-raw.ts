/**
 * The process of one model by itself, without HTTP: tokens a second at several streams, with and without a busy
 * neighbour. Usage: sh bin/node.sh bench/engine-raw.ts MODEL.gguf [STREAMS,…]
 */
import { spawn } from 'node:child_process'
import { EngineChild } from '../test/support/engine-child.ts'

const [path, counts = '1,4,8,16'] = process.argv.slice(2)
if (path === undefined) throw new Error('name a GGUF file')
const tokens = 128
const prompt = [
  { text: '<|im_start|>user\n', control: true },
  {
    text: 'Write a long story about a small town by a river, its people, their work and their feasts, and one winter that none of them forgot.',
    control: false,
  },
  { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
]

/** Tokens a second of all streams together, from the first token on, and milliseconds to the first of each (median). */
async function measure(engine: EngineChild, streams: number): Promise<{ rate: number; first: number }> {
  const begun = performance.now()
  const firsts: number[] = []
  await Promise.all(
    Array.from({ length: streams }, () => {
      let seen = false
      return engine.run({ prompt, maxTokens: tokens, ignoreEos: true }, (event) => {
        if (event.type === 'text' && !seen) firsts.push(performance.now() - begun)
        if (event.type === 'text') seen = true
      })
    }),
  )
  const generating = performance.now() - begun - Math.max(...firsts)
  firsts.sort((left, right) => left - right)
  return {
    rate: ((tokens - 1) * streams) / (generating / 1000),
    first: firsts[Math.floor(streams / 2)] ?? Number.NaN,
  }
}

const engine = new EngineChild()
const loaded = await engine.load({ path })
console.log(`${loaded.description}, ${loaded.build}`)
for (const busy of [false, true]) {
  const neighbour = busy ? spawn(process.execPath, ['-e', 'for (;;);']) : null
  for (const streams of counts.split(',').map(Number)) {
    await measure(engine, 1)
    const { rate, first } = await measure(engine, streams)
    const beside = busy ? ', beside a busy process' : ''
    console.log(
      `${streams} streams: ${rate.toFixed(0)} tokens/s, first token after ${first.toFixed(0)} ms${beside}`,
    )
  }
  neighbour?.kill()
}
await engine.close()
