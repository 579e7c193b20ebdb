import { createKey, elpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const usageAddsUp: Scene = {
  title: 'What was used adds up to the token, by key',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { id, key } = await createKey(stage.home, 'Dora')
    let tokens = 0
    for (let count = 0; count < 2; count++) {
      const answer = await fetch(`${stage.server.url}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'smollm2:135m', prompt: 'Hope is', max_tokens: 4 }),
      })
      const { usage } = (await answer.json()) as { usage: { total_tokens: number } }
      tokens += usage.total_tokens
    }
    const { stdout } = await elpis(stage.home, ['usage', '--by', 'key', '--json'])
    const { data } = JSON.parse(stdout) as {
      data: { key: string; requests: number; input_tokens: number; output_tokens: number }[]
    }
    const own = data.filter((row) => row.key === id)
    const counted = own.reduce((sum, row) => sum + row.input_tokens + row.output_tokens, 0)
    stage.prove(`the answers said ${tokens} tokens, the table says ${counted}`, counted === tokens)
    stage.prove('and two requests', own.reduce((sum, { requests }) => sum + requests, 0) === 2)
  },
}
