// node-llama-cpp at its best here: one context with a sequence per stream, its own batching and evaluate loop, greedy.
import { availableParallelism } from 'node:os'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

const [, , modelPath] = process.argv
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error })
const model = await llama.loadModel({ modelPath })
process.send('ready')

process.on('message', async ({ streams, tokens }) => {
  try {
    process.send(await round(streams, tokens))
  } catch (error) {
    process.send({ failed: error.message })
  }
})

async function round(streams, tokens) {
  const context = await model.createContext({
    sequences: streams,
    contextSize: 512,
    batchSize: 512,
    // Its own choice is at least 4: on 2 cores they spin against each other, and 32 tokens take minutes.
    threads: availableParallelism(),
  })
  const sequences = Array.from({ length: streams }, () => context.getSequence())
  const started = performance.now()
  const first = await Promise.all(
    sequences.map((sequence, stream) => answer(sequence, stream, tokens, started)),
  )
  const elapsed = performance.now() - started
  await context.dispose()
  first.sort((a, b) => a - b)
  return {
    tokensPerSecond: ((streams * tokens) / elapsed) * 1000,
    firstTokenP50: first[Math.floor((first.length - 1) * 0.5)],
    firstTokenP95: first[Math.ceil((first.length - 1) * 0.95)],
  }
}

async function answer(sequence, stream, tokens, started) {
  const { promptOf } = await import('../load.ts')
  const text = `<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n${promptOf(stream)}<|im_end|>\n<|im_start|>assistant\n`
  let first = Number.NaN
  let count = 0
  for await (const _ of sequence.evaluate(model.tokenize(text, true), {
    temperature: 0,
    yieldEogToken: true,
  })) {
    if (count++ === 0) first = performance.now() - started
    if (count === tokens) return first
  }
  throw new Error(`The answer ended after ${count} tokens.`)
}
