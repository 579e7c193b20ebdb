/** A thread of the judge: computes one passage after another, so that the server's loop never waits for it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FromJudge, JudgeThreadData, ToJudge } from './judge-protocol.ts'
import { JudgeModel, loadJudge } from './model.ts'

const port = parentPort
if (port === null) throw new Error('The judge runs in a worker thread only.')
const tell = (message: FromJudge): void => port.postMessage(message)

const { thread, threads, shared } = workerData as JudgeThreadData
const loaded = shared ?? loadJudge(threads)
const model = new JudgeModel(loaded, thread)
// The first passages would pay for the compiler: a short one and a long one go before them.
model.score({ prompt: 'Good morning.', response: null })
model.score({ prompt: 'Which bread is easy to bake at home? '.repeat(20), response: null })
tell({ type: 'ready', shared: shared === null ? loaded : null })

port.on('message', ({ id, passage }: ToJudge) => {
  try {
    tell({ type: 'scores', id, scores: model.score(passage) })
  } catch (error) {
    // The reason is ours: it holds nothing of the passage.
    tell({ type: 'failed', id, reason: error instanceof Error ? error.message : 'unknown' })
  }
})
