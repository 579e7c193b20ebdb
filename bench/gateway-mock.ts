/**
 * The upstream of `bench:gateway`: answers every chat completion at once with fixed bytes, in a process of its own. It
 * reads no more of HTTP than it must, so that what is measured is the gateway.
 *
 * - `"stream":true` in the body: eight events, their usage and `[DONE]` in one write; otherwise one JSON answer.
 * - the model `paced`: `pacedEvents` events, one every `paceMilliseconds`.
 * - any GET: a list of models.
 */
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { paceMilliseconds, pacedEvents } from './gateway-client.ts'

const words = ['Hello', ' there', ',', ' how', ' are', ' you', ' today', '?']
const common = { id: 'chatcmpl-mock', created: 1_700_000_000, model: 'mock', system_fingerprint: null }
const usage = { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 }

function event(content: object): string {
  return `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', ...content })}\n\n`
}

function delta(text: string): string {
  return event({ choices: [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }] })
}

const end =
  event({ choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }] }) +
  event({ choices: [], usage }) +
  'data: [DONE]\n\n'
const headOfEvents =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n'

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}

function json(body: object): Buffer {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${text}`,
  )
}

const atOnce = Buffer.from(headOfEvents + chunk(words.map(delta).join('') + end) + '0\r\n\r\n')
const paced = Buffer.from(chunk(delta(' word')))
const last = Buffer.from(chunk(end) + '0\r\n\r\n')
const whole = json({
  ...common,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: words.join('') },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
})
const models = json({
  object: 'list',
  data: ['mock', 'paced'].map((id) => ({ id, object: 'model', created: common.created, owned_by: 'mock' })),
})

function answer(socket: Socket, head: string, body: string): void {
  if (head.startsWith('GET')) socket.write(models)
  else if (body.includes('"paced"')) pace(socket)
  else socket.write(/"stream":\s?true/.test(body) ? atOnce : whole)
}

function pace(socket: Socket): void {
  socket.write(headOfEvents)
  let sent = 0
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer)
    else if (sent++ < pacedEvents) socket.write(paced)
    else {
      clearInterval(timer)
      socket.write(last)
    }
  }, paceMilliseconds)
}

const server = createServer({ noDelay: true }, (socket) => {
  let rest = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => {
    rest += bytes.toString('latin1')
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const head = rest.slice(0, headEnd)
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      const bodyEnd = headEnd + 4 + length
      if (rest.length < bodyEnd) return
      const body = rest.slice(headEnd + 4, bodyEnd)
      rest = rest.slice(bodyEnd)
      answer(socket, head, body)
    }
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
