import { createKey, elpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const barred: Scene = {
  title: 'Somebody is barred, reads why, appeals, and is let in again',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { url } = stage.server
    const { id, key } = await createKey(stage.home, 'Eve')
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const models = async () => (await fetch(`${url}/v1/models`, { headers })).status
    await elpis(stage.home, ['bans', 'add', `key:${id}`, '--reason', 'Shared the key'])
    stage.prove('the ban holds at once', (await models()) === 403)
    const list = (await (await fetch(`${url}/v1/safety/cases`, { headers })).json()) as {
      cases: { id: string }[]
    }
    const [{ id: caseId } = { id: '' }] = list.cases
    const told = await (await fetch(`${url}/v1/safety/cases/${caseId}`, { headers })).text()
    stage.prove(`${caseId} says why`, told.includes('Shared the key'))
    const appeal = await fetch(`${url}/v1/safety/cases/${caseId}/appeal`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ statement: 'It was my sister.' }),
    })
    stage.prove('an appeal is taken while barred', appeal.status === 200)
    await elpis(stage.home, ['bans', 'lift', `key:${id}`, '--reason', 'It was her sister'])
    stage.prove('after it is lifted, she is served again', (await models()) === 200)
  },
}
