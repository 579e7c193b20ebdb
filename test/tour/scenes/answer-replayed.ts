import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKey, elpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const answerReplayed: Scene = {
  title: 'An answer is replayed by a stranger: these weights, this prompt, these tokens',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { url } = stage.server
    const { key } = await createKey(stage.home, 'Rosalind')
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'smollm2:135m',
        messages: [{ role: 'user', content: 'Tell a short story about a lighthouse.' }],
        temperature: 0.7,
        seed: 7,
        max_tokens: 32,
      }),
    })
    await answer.text()
    const file = join(stage.home.path, 'answer.json')
    const id = answer.headers.get('elpis-receipt') ?? ''
    await elpis(stage.home, ['answer', 'export', id, '--out', file])
    const publicKey = join(stage.home.path, 'log.pub')
    writeFileSync(publicKey, (await elpis(stage.home, ['audit', 'key'])).stdout)
    const verify = async () => {
      const words = ['verify', 'answer', file, '--key', publicKey, '--json']
      const { code, stdout } = await elpis(stage.home, words)
      return { code, ...(JSON.parse(stdout) as { ok: boolean; problems: string[] }) }
    }
    const honest = await verify()
    stage.prove('each token is the one that weights, sampler and seed give', honest.code === 0 && honest.ok)
    const written = readFileSync(file, 'utf8')
    writeFileSync(file, written.replaceAll('lighthouse', 'windmill'))
    const forged = await verify()
    stage.say(forged.problems[0] ?? 'nothing was found')
    stage.prove('of another question it is not the answer', forged.code === 6 && !forged.ok)
  },
}
