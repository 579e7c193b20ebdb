import { createKey, elpis } from '../../support/elpis.ts'
import { streamAnswer } from '../../support/stream-answer.ts'
import type { Scene } from '../scene.ts'

export const shutDown: Scene = {
  title: 'Everything is shut down at once, and opened again',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { url } = stage.server
    const { key } = await createKey(stage.home, 'Peggy')
    const answer = streamAnswer(url, key, { max_tokens: 4000, ignore_eos: true })
    await answer.firstText
    await elpis(stage.home, ['shutdown', '--all', '--reason', 'the weights may have been stolen'])
    const end = await answer.ended
    stage.prove(`the answer that ran ended with ${end.error}`, end.error === 'shut_down')
    const refused = await streamAnswer(url, key, { max_tokens: 4 }).ended
    stage.prove('nothing new is answered', refused.error === 'shut_down')
    await elpis(stage.home, ['shutdown', 'lift', '--reason', 'they were not'])
    const next = await streamAnswer(url, key, { max_tokens: 4 }).ended
    stage.prove('after it is lifted, all is as before', next.error === null && next.deltas > 0)
  },
}
