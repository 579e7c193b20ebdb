import { createKey, elpis } from '../../support/elpis.ts'
import { streamAnswer } from '../../support/stream-answer.ts'
import type { Scene } from '../scene.ts'

export const keyRevoked: Scene = {
  title: 'A key is revoked in the middle of an answer',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { id, key } = await createKey(stage.home, 'Mallory')
    const answer = streamAnswer(stage.server.url, key, { max_tokens: 4000, ignore_eos: true })
    await answer.firstText
    stage.say('Mallory reads an answer of 4,000 tokens …')
    const revoked = await elpis(stage.home, ['keys', 'revoke', id])
    stage.say(`elpis keys revoke ${id}`)
    const end = await answer.ended
    stage.prove('the revocation was acknowledged', revoked.code === 0)
    stage.prove(`the answer ended after ${end.deltas} pieces with ${end.error}`, end.error === 'key_revoked')
    const again = await fetch(`${stage.server.url}/v1/models`, {
      headers: { authorization: `Bearer ${key}` },
    })
    stage.prove(`the next request is answered with ${again.status}`, again.status === 401)
  },
}
