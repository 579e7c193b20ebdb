import OpenAI from 'openai'
import { createKey, serveElpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const twoPeople: Scene = {
  title: 'Two people chat with one model at once',
  async play(stage) {
    // An answer is replayed later from what is kept of it.
    stage.server = await serveElpis(stage.home, [], { environment: { ELPIS_AUDIT_CONTENT: 'all' } })
    stage.prove(
      `ready ${(stage.server.readyAfter / 1000).toFixed(1)} s after the start of the process`,
      stage.server.readyAfter < 3000,
    )
    const questions = { Ada: 'Name three colours.', Alan: 'What is a lighthouse?' }
    const answers = await Promise.all(
      Object.entries(questions).map(async ([name, question]) => {
        const { key } = await createKey(stage.home, name)
        const client = new OpenAI({ baseURL: `${stage.server?.url}/v1`, apiKey: key })
        const begun = performance.now()
        const stream = await client.chat.completions.create({
          model: 'smollm2:135m',
          messages: [{ role: 'user', content: question }],
          temperature: 0,
          max_tokens: 40,
          stream: true,
        })
        let text = ''
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
        return { name, question, text, begun, ended: performance.now() }
      }),
    )
    for (const { name, question, text } of answers) {
      stage.say(`${name}: ${question}`)
      stage.say(`  → ${text.replaceAll(/\s+/gu, ' ').slice(0, 90)}`)
    }
    const [first, second] = answers
    stage.prove(
      'both got their own answer, at the same time',
      first !== undefined &&
        second !== undefined &&
        first.text !== '' &&
        second.text !== '' &&
        first.text !== second.text &&
        first.begun < second.ended &&
        second.begun < first.ended,
    )
  },
}
