import { createKey } from '../../support/elpis.ts'
import { engineProcesses } from '../../support/engine-processes.ts'
import { streamAnswer } from '../../support/stream-answer.ts'
import type { Scene } from '../scene.ts'

export const engineKilled: Scene = {
  title: 'The engine is killed in the middle of an answer, and is back',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { url } = stage.server
    const { key } = await createKey(stage.home, 'Grace')
    const answer = streamAnswer(url, key, { max_tokens: 4000, ignore_eos: true })
    await answer.firstText
    const [engine] = engineProcesses(stage.server.process.pid)
    if (engine === undefined) throw new Error('The engine has no process.')
    process.kill(engine, 'SIGKILL')
    stage.say(`kill -9 ${engine}`)
    const killed = performance.now()
    const end = await answer.ended
    stage.prove(`its reader was told: ${end.error}`, end.error === 'engine_failed')
    while ((await fetch(`${url}/ready`)).status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 20))
    stage.say(`ready again after ${((performance.now() - killed) / 1000).toFixed(1)} s`)
    const next = await streamAnswer(url, key, { max_tokens: 5 }).ended
    stage.prove('the next question is answered', next.error === null && next.deltas > 0)
    stage.prove('the server itself never stopped', stage.server.process.exitCode === null)
  },
}
