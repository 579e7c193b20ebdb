import { Agent, request } from 'undici'
import { z } from 'zod'
import { connectControl } from '../api/control/client.ts'
import { errorBody } from '../api/error-body.ts'
import { chatChunk } from '../api/openai/chat-schema.ts'
import type { Part } from '../core/part.ts'
import { elpisError, errorTable, Fault, UserError, type ElpisError, type ErrorCode } from '../errors.ts'
import { talkTemperature, type Talk, type TalkSettings } from './talk.ts'
import type { ChatMessage } from '../core/request.ts'

const modelList = z.object({
  data: z.array(z.object({ id: z.string(), abilities: z.array(z.string()) })),
})

const meView = z.object({ unseen_notices: z.number().catch(0) })

/**
 * Talks to a model of the server that runs on this home: as the owner, whom its control door lets in.
 *
 * @param wanted a model's name; null takes the first
 * @returns null when no server runs, or it does not serve that model
 */
export async function talkToServer(home: string, wanted: string | null): Promise<Talk | null> {
  const control = await connectControl(home)
  if (control === null) return null
  const { address } = control.status
  const link = address === null ? null : await control.createSignInLink()
  await control.close()
  if (address === null || link === null) return null

  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const ask = (path: string, options: Partial<Parameters<typeof request>[1]> = {}) =>
    request(`${address}${path}`, { dispatcher: agent, ...options })
  const entered = await ask('/web/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: address },
    body: JSON.stringify({ token: new URL(link.url).hash.slice(1) }),
  })
  if (entered.statusCode !== 200) throw failureOf(await entered.body.text())
  await entered.body.dump()
  const cookie = String(entered.headers['set-cookie']).split(';', 1)[0] ?? ''
  const headers = { cookie, origin: address }

  async function leave(): Promise<void> {
    await ask('/web/session', { method: 'DELETE', headers }).catch(() => {})
    await agent.destroy()
  }
  const listed = await ask('/v1/models', { headers })
  const served = modelList.parse(await listed.body.json()).data
  // By name also one that does not answer: then its own error says so.
  const found = served.find(({ id, abilities }) =>
    wanted === null ? abilities.includes('generate') : id === wanted,
  )
  const model = found?.id
  if (model === undefined) {
    await leave()
    return null
  }
  const me = await ask('/v1/me', { headers })
  const { unseen_notices: unseen } = meView.parse(await me.body.json())
  return {
    model,
    place: address,
    unseen,
    [Symbol.asyncDispose]: leave,
    async *answer(messages, settings, signal) {
      try {
        const { statusCode, body } = await ask('/v1/chat/completions', {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          signal,
          body: JSON.stringify(bodyOf(model, messages, settings)),
        })
        if (statusCode === 200) yield* partsOf(body)
        else yield { type: 'error', error: failureOf(await body.text()) }
      } catch (error) {
        if (signal.aborted) yield { type: 'error', error: elpisError('client_left') }
        else yield { type: 'error', error: unreachable(address, error) }
      }
    },
  }
}

function bodyOf(model: string, messages: readonly ChatMessage[], settings: TalkSettings): object {
  const { temperature = talkTemperature, seed, maxTokens } = settings
  return {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    temperature,
    seed,
    max_completion_tokens: maxTokens,
  }
}

/** The parts that a stream of events was made of. */
async function* partsOf(body: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  for await (const line of linesOf(body)) {
    const loading = /^: loading (\d+)%$/.exec(line)
    if (loading !== null) yield { type: 'loading', fraction: Number(loading[1]) / 100 }
    if (!line.startsWith('data: ')) continue
    const data = line.slice('data: '.length)
    if (data === '[DONE]') return
    const json: unknown = JSON.parse(data)
    if (errorBody.safeParse(json).success) {
      yield { type: 'error', error: failureOf(data) }
      return
    }
    const { choices, usage } = chatChunk.parse(json)
    for (const { delta, finish_reason: reason } of choices) {
      if (delta.content !== undefined && delta.content !== '') {
        yield { type: 'text-delta', choice: 0, text: delta.content, tokens: 1, logprobs: null }
      }
      if (delta.reasoning_content !== undefined) {
        const { reasoning_content: text } = delta
        yield { type: 'reasoning-delta', choice: 0, text, tokens: 1, logprobs: null }
      }
      if (reason !== null) yield { type: 'finish', choice: 0, reason }
    }
    if (usage != null) {
      yield {
        type: 'usage',
        usage: {
          promptTokens: usage.prompt_tokens,
          cachedTokens: usage.prompt_tokens_details.cached_tokens,
          outputTokens: usage.completion_tokens,
          reasoningTokens: usage.completion_tokens_details.reasoning_tokens,
        },
      }
    }
  }
}

/** The lines of server-sent events; our own server writes the data of each as one. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** The server's own error, as if it had been thrown here. */
function failureOf(text: string): ElpisError {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = null
  }
  const parsed = errorBody.safeParse(json)
  if (!parsed.success || !Object.hasOwn(errorTable, parsed.data.error.code)) {
    return elpisError('engine_failed', { reason: 'the server refused without a reason' })
  }
  const { code, message, hint } = parsed.data.error
  const kind = errorTable[code as ErrorCode].blame === 'user' ? UserError : Fault
  return Object.assign(new kind(code as ErrorCode, {}), { message, hint })
}

function unreachable(address: string, error: unknown): ElpisError {
  return elpisError('server_unreachable', { address, reason: (error as Error).message })
}
