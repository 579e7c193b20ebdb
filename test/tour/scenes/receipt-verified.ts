import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKey, elpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const receiptVerified: Scene = {
  title: 'A receipt is checked by somebody who has the public key and nothing else',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { key } = await createKey(stage.home, 'Carol')
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const { data } = (await (await fetch(`${stage.server.url}/v1/models`, { headers })).json()) as {
      data: { id: string }[]
    }
    const answer = await fetch(`${stage.server.url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        model: data[0]?.id,
        messages: [{ role: 'user', content: 'Say hope.' }],
        max_tokens: 8,
      }),
    })
    await answer.text()
    const id = answer.headers.get('elpis-receipt') ?? ''
    stage.say(`elpis-receipt: ${id}`)
    const receipt = await (await fetch(`${stage.server.url}/v1/receipts/${id}`, { headers })).text()
    const file = join(stage.home.path, 'answer.tlog-proof')
    writeFileSync(file, receipt)
    const publicKey = join(stage.home.path, 'log.pub')
    writeFileSync(publicKey, (await elpis(stage.home, ['audit', 'key'])).stdout)
    const words = ['audit', 'verify', 'receipt', file, '--key', publicKey, '--json']
    const good = await elpis(stage.home, words)
    stage.prove('the answer is in the log', good.code === 0 && good.stdout.includes(id))
    const spoilt = readFileSync(file)
    const place = spoilt.indexOf('\nextra ') + 40
    spoilt[place] = (spoilt[place] as number) ^ 1
    writeFileSync(file, spoilt)
    stage.prove('with one byte flipped, it proves nothing', (await elpis(stage.home, words)).code === 6)
    const log = await elpis(stage.home, ['audit', 'verify', 'log', '--json'])
    const report = JSON.parse(log.stdout) as { ok: boolean; size: number; requests: number }
    stage.prove(
      `the whole log verifies: ${report.size} entries, ${report.requests} of requests`,
      log.code === 0 && report.ok && report.requests > 0,
    )
  },
}
