import { createKey, elpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const incidentReported: Scene = {
  title: 'An incident has its clocks, and its evidence is proven by the log',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { key } = await createKey(stage.home, 'Trudy')
    const answer = await fetch(`${stage.server.url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'smollm2:135m', prompt: 'Hope is', max_tokens: 4 }),
    })
    await answer.text()
    const evidence = answer.headers.get('elpis-receipt') ?? ''
    const words = ['incident', 'new', '--title', 'A key was sold', '--law', 'raise', '--evidence', evidence]
    const made = await elpis(stage.home, [...words, '--json'])
    const { id, clocks } = JSON.parse(made.stdout) as {
      id: string
      clocks: { regime: string; seconds_left: number }[]
    }
    const hours = Math.round((clocks[0]?.seconds_left ?? 0) / 3600)
    stage.prove(`${hours} hours are left to report it under the New York RAISE Act`, hours === 72)
    const { stdout } = await elpis(stage.home, ['incident', 'export', id])
    const report = JSON.parse(stdout) as { evidence: { entry: string; proof: string | null }[] }
    const proven = report.evidence.find(({ entry }) => entry === evidence)
    stage.prove(
      'its report carries the proof that the answer is in the log',
      typeof proven?.proof === 'string',
    )
  },
}
