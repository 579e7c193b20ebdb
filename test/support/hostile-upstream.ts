/**
 * A server that speaks OpenAI's protocol as badly as a test wants: it answers `GET /v1/models` well unless told otherwise,
 * and everything else as `answer` does, down to the bytes of the connection.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HostileUpstream extends AsyncDisposable {
  /** Base of its API. */
  readonly url: string
  /** Every request but those for models, in order. */
  readonly requests: readonly SeenRequest[]
  /** What it does from now on. */
  answer: Answer
  /** What it does when it is asked for models; null answers well. */
  answerModels: Answer | null
  /** Requests for models that came. */
  readonly looks: number
  /** Connections that were opened. */
  readonly connections: number
}

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
  /** Resolved when the connection of the request was closed or its answer complete. */
  readonly over: Promise<'complete' | 'closed'>
}

type Answer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>

export async function hostileUpstream(answer: Answer = sayHello): Promise<HostileUpstream> {
  const requests: SeenRequest[] = []
  const counts = { looks: 0, connections: 0 }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const over = new Promise<'complete' | 'closed'>((resolve) => {
        response.once('close', () => resolve(response.writableFinished ? 'complete' : 'closed'))
      })
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
      const seen: SeenRequest = { path: request.url ?? '', headers: request.headers, body, over }
      if (request.url === '/v1/models') {
        counts.looks++
        void (upstream.answerModels ?? sayModels)(response, seen)
        return
      }
      requests.push(seen)
      void upstream.answer(response, seen)
    })
  })
  server.on('connection', () => void counts.connections++)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const upstream: HostileUpstream = {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    answer,
    answerModels: null,
    get looks() {
      return counts.looks
    },
    get connections() {
      return counts.connections
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
  return upstream
}

export function sayModels(response: ServerResponse): void {
  sendJson(response, 200, {
    object: 'list',
    data: [{ id: 'small', object: 'model', owned_by: 'vllm', max_model_len: 2048 }],
  })
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** One event with this content, in OpenAI's envelope. */
export function event(content: object): string {
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', ...content })}\n\n`
}

export function delta(text: string, more: object = {}): string {
  return event({ choices: [{ index: 0, delta: { content: text }, ...more }] })
}

export const finished = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
export const helloUsage = { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 }
export const done = 'data: [DONE]\n\n'

/** A good answer of two tokens. */
export function sayHello(response: ServerResponse): void {
  beginEvents(response)
  response.end(delta('Hel') + delta('lo') + finished + event({ choices: [], usage: helloUsage }) + done)
}
