import { expect } from 'vitest'
import type { ApiServer } from './api-server.ts'

const question = { model: 'fake:1b', stream: true, messages: [{ role: 'user', content: 'Say much.' }] }

/** A stream that has begun; `ended` tells when it did and what all of it was. */
export async function readingStream(server: ApiServer, key = server.key) {
  const answer = await server.post('/v1/chat/completions', question, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(answer.status).toBe(200)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  let text = new TextDecoder().decode((await reader.read()).value)
  const ended = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { at: performance.now(), text }
      text += new TextDecoder().decode(value)
    }
  })()
  return { ended }
}
