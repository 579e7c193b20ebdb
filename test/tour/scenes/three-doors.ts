import { createKey } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

const schema = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 20 }, people: { type: 'integer' } },
  required: ['city', 'people'],
  additionalProperties: false,
}

export const threeDoors: Scene = {
  title: 'Three doors give one answer; an answer fits its schema, and a tool is called',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { url } = stage.server
    const { key } = await createKey(stage.home, 'Katherine')
    const post = async (path: string, body: unknown) => {
      const answer = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'anthropic-version': '2023-06-01',
        },
        body: JSON.stringify(body),
      })
      return (await answer.json()) as Record<string, never>
    }
    const model = 'smollm2:135m'
    const asked = (content: string) => ({ model, messages: [{ role: 'user', content }], temperature: 0 })
    const question = asked('Name a city by the sea.')
    const openai = await post('/v1/chat/completions', { ...question, max_tokens: 16 })
    const anthropic = await post('/v1/messages', { ...question, max_tokens: 16 })
    const { temperature, ...bare } = question
    const ollama = await post('/api/chat', {
      ...bare,
      stream: false,
      options: { temperature, num_predict: 16 },
    })
    const texts = [
      at(openai, 'choices', 0, 'message', 'content'),
      at(anthropic, 'content', 0, 'text'),
      at(ollama, 'message', 'content'),
    ].map((text) => String(text))
    stage.say(`→ ${texts[0]?.replaceAll(/\s+/gu, ' ')}`)
    stage.prove('OpenAI, Anthropic and Ollama: the same text', texts[0] !== '' && new Set(texts).size === 1)

    const held = await post('/v1/chat/completions', {
      ...asked('A city by the sea, as JSON.'),
      response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } },
    })
    const text = String(at(held, 'choices', 0, 'message', 'content'))
    const { city, people } = JSON.parse(text) as Record<string, unknown>
    stage.say(`→ ${text.replaceAll(/\s+/gu, ' ')}`)
    stage.prove('what was to fit a schema fits it', typeof city === 'string' && Number.isInteger(people))

    const called = await post('/v1/chat/completions', {
      ...asked('What is the weather in Hamburg?'),
      tools: [{ type: 'function', function: { name: 'weather', parameters: schema, strict: true } }],
      tool_choice: 'required',
    })
    const call = at(called, 'choices', 0, 'message', 'tool_calls', 0, 'function') as Record<string, string>
    stage.say(`→ ${call['name']}(${call['arguments']})`)
    const given = JSON.parse(call['arguments'] ?? '{}') as Record<string, unknown>
    stage.prove('a tool is called with what it takes', call['name'] === 'weather' && 'city' in given)
  },
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)?.[step], value)
}
