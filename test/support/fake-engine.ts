/**
 * A deterministic engine behind the real interface, for tests of everything in front of it. By default it echoes the
 * last message word by word; a script decides everything else:
 *
 * ```ts
 * const gate = Promise.withResolvers<void>()
 * const engine = fakeEngine({
 *   answer: async function* (request) {
 *     yield start(3)
 *     yield text('one ')
 *     await gate.promise // the test decides when to go on
 *     yield error(elpisError('engine_failed', { reason: 'it was killed' }))
 *   },
 * })
 * ```
 *
 * As the real engine does, it ends with `finish: cancelled` and `usage` when the signal is aborted, however long its
 * script would hang.
 */
import { modelNotServed } from '../../src/core/not-served.ts'
import type { Engine, ModelState, ServedModel } from '../../src/core/engine.ts'
import type { FinishReason, Part, TokenLogprob } from '../../src/core/part.ts'
import type { Request } from '../../src/core/request.ts'
import { asElpisError, elpisError, type ElpisError } from '../../src/errors.ts'

/** One call of `generate`, as it went. */
export interface FakeCall {
  readonly request: Request
  /** The signal was aborted, or the iterator returned, before the answer was complete. */
  aborted: boolean
  /** Parts handed out so far. */
  parts: number
  /** Resolved when the answer is over, however it ended. */
  readonly ended: Promise<void>
}

export interface FakeEngine extends Engine {
  /** Every request that reached the engine, in order. */
  readonly requests: readonly Request[]
  readonly calls: readonly FakeCall[]
  /** Resolved when the `count`th call (from 1) has begun. */
  called(count: number): Promise<FakeCall>
  readonly closed: boolean
}

export interface FakeEngineOptions {
  /** Names served; `fake:1b` when left out. */
  readonly models?: readonly string[]
  readonly answer?: (request: Request) => Iterable<Part> | AsyncIterable<Part>
  readonly state?: ModelState
  readonly contextTokens?: number
}

export function fakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const served = (options.models ?? ['fake:1b']).map((id) => fakeModel(id, options.contextTokens ?? 4096))
  const calls: FakeCall[] = []
  const waiting: { count: number; resolve: (call: FakeCall) => void }[] = []
  let closed = false

  async function* generate(request: Request): AsyncGenerator<Part> {
    const ended = Promise.withResolvers<void>()
    const call: FakeCall = { request, aborted: false, parts: 0, ended: ended.promise }
    calls.push(call)
    for (const waiter of waiting) if (waiter.count === calls.length) waiter.resolve(call)
    let complete = false
    try {
      if (closed) {
        yield error(elpisError('shutting_down'))
        return
      }
      if (!served.some((model) => model.id === request.model)) {
        yield error(
          modelNotServed(
            request.model,
            served.map(({ id }) => id),
          ),
        )
        return
      }
      for await (const part of untilAborted(options.answer ?? echo, request, call)) {
        call.parts++
        if (part.type === 'error' || part.type === 'usage') complete = true
        yield part
      }
      complete = true
    } finally {
      if (!complete) call.aborted = true
      ended.resolve()
    }
  }

  return {
    calls,
    get requests() {
      return calls.map((call) => call.request)
    },
    get closed() {
      return closed
    },
    called: (count) =>
      new Promise((resolve) => {
        const call = calls[count - 1]
        if (call === undefined) waiting.push({ count, resolve })
        else resolve(call)
      }),
    models: () => served,
    status: () =>
      served.map(({ id }) => ({
        model: id,
        state: options.state ?? { state: 'ready' },
        active: 0,
        queued: 0,
      })),
    generate,
    embed: async ({ inputs }) => ({
      vectors: inputs.map(() => Float32Array.of(1, 0)),
      promptTokens: inputs.length,
    }),
    rerank: async ({ documents }) => ({
      scores: documents.map((_, index) => -index),
      method: 'cosine-similarity',
      promptTokens: documents.length,
    }),
    tokenize: async () => ({ tokens: [1, 2, 3], contextTokens: 4096 }),
    close: async () => {
      closed = true
    },
  }
}

async function* untilAborted(
  answer: NonNullable<FakeEngineOptions['answer']>,
  request: Request,
  call: FakeCall,
): AsyncGenerator<Part> {
  const source = iterate(answer(request))
  const left = new Set(Array.from({ length: request.choices }, (_, choice) => choice))
  const aborted = Promise.withResolvers<'aborted'>()
  const abort = () => aborted.resolve('aborted')
  if (request.signal.aborted) abort()
  request.signal.addEventListener('abort', abort, { once: true })
  let promptTokens = 0
  let outputTokens = 0
  try {
    for (;;) {
      const next = await Promise.race([aborted.promise, source.next()])
      if (next === 'aborted') {
        call.aborted = true
        for (const choice of left) yield finish('cancelled', choice)
        yield usage(promptTokens, outputTokens)
        return
      }
      if (next.done === true) return
      const part = next.value
      if (part.type === 'start') promptTokens = part.promptTokens
      if (part.type === 'text-delta') outputTokens += part.tokens
      if (part.type === 'finish') left.delete(part.choice)
      yield part
    }
  } catch (thrown) {
    yield error(asElpisError(thrown))
  } finally {
    request.signal.removeEventListener('abort', abort)
    // Not awaited: a script that hangs must not hold up the end of the answer.
    void source.return?.()
  }
}

function iterate(source: Iterable<Part> | AsyncIterable<Part>): AsyncIterator<Part> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
  const iterator = source[Symbol.iterator]()
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  }
}

/** The default answer: the last message (or the text), a word a token, for every choice, cut by `stop` and `maxTokens`. */
export function* echo(request: Request): Generator<Part> {
  const { input } = request
  const question =
    input.kind === 'text'
      ? input.text
      : input.kind === 'tokens'
        ? input.tokens.join(' ')
        : (input.messages.at(-1)?.content ?? '')
  const promptWords =
    input.kind !== 'chat'
      ? words(question).length
      : input.messages.reduce((sum, message) => sum + words(message.content).length, 0)
  yield start(promptWords)
  const cut = Math.min(
    ...request.stop.map((stop) => question.indexOf(stop)).filter((at) => at >= 0),
    question.length,
  )
  const all = words(question.slice(0, cut))
  const said = all.slice(0, request.maxTokens ?? all.length)
  for (const word of said) {
    for (let choice = 0; choice < request.choices; choice++) {
      yield text(word, {
        choice,
        logprobs: request.topLogprobs === null ? null : [fakeLogprob(word, request.topLogprobs)],
      })
    }
  }
  for (let choice = 0; choice < request.choices; choice++) {
    yield finish(said.length < all.length ? 'length' : 'stop', choice)
  }
  yield usage(promptWords, said.length * request.choices)
}

/** An answer of fixed pieces, a token each, then `stop`; as if the model had said it. */
export function saying(...pieces: readonly string[]): NonNullable<FakeEngineOptions['answer']> {
  return function* (request) {
    yield start(1)
    for (const piece of pieces) {
      for (let choice = 0; choice < request.choices; choice++) yield text(piece, { choice })
    }
    for (let choice = 0; choice < request.choices; choice++) yield finish('stop', choice)
    yield usage(1, pieces.length * request.choices)
  }
}

/** Says something, then never anything more until the request is aborted. */
export function hanging(...pieces: readonly string[]): NonNullable<FakeEngineOptions['answer']> {
  return async function* (request) {
    yield start(1)
    for (const piece of pieces) yield text(piece)
    await new Promise<void>((resolve) => {
      request.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

export function start(promptTokens: number, cachedTokens = 0): Part {
  return { type: 'start', promptTokens, cachedTokens }
}

export function text(
  content: string,
  more: { choice?: number; tokens?: number; logprobs?: readonly TokenLogprob[] | null } = {},
): Part {
  const { choice = 0, tokens = 1, logprobs = null } = more
  return { type: 'text-delta', choice, text: content, tokens, logprobs }
}

/** A piece of a thought, of one token. */
export function thought(content: string, choice = 0): Part {
  return { type: 'reasoning-delta', choice, text: content, tokens: 1, logprobs: null }
}

/** A whole call, its arguments in these pieces of one token each. */
export function toolCall(id: string, name: string, pieces: readonly string[], call = 0, choice = 0): Part[] {
  return [
    { type: 'tool-call-start', choice, call, id, name },
    ...pieces.map((piece): Part => ({ type: 'tool-call-delta', choice, call, arguments: piece, tokens: 1 })),
  ]
}

export function finish(reason: FinishReason, choice = 0, stopString?: string): Part {
  return { type: 'finish', choice, reason, ...(stopString === undefined ? {} : { stopString }) }
}

export function usage(promptTokens: number, outputTokens: number, cachedTokens = 0): Part {
  return { type: 'usage', usage: { promptTokens, cachedTokens, outputTokens, reasoningTokens: 0 } }
}

export function error(failure: ElpisError): Part {
  return { type: 'error', error: failure }
}

function fakeModel(id: string, contextTokens: number): ServedModel {
  return {
    id,
    digest: 'f'.repeat(64),
    contextTokens,
    licence: 'Apache-2.0',
    createdAt: 1_700_000_000_000,
    abilities: ['generate', 'embed', 'rerank'],
  }
}

/** Words with the white space that follows them, so that joining them gives the text back. */
function words(content: string): string[] {
  return content.match(/\s*\S+\s*/gu) ?? []
}

function fakeLogprob(word: string, alternatives: number): TokenLogprob {
  const bytes = [...Buffer.from(word)]
  const top = Array.from({ length: alternatives }, (_, rank) => ({
    token: rank,
    bytes: rank === 0 ? bytes : [...Buffer.from(`other${rank}`)],
    logprob: -0.5 * (rank + 1),
  }))
  return { token: 0, bytes, logprob: -0.5, top }
}

/** An answer with all there is: thinks, speaks, makes two calls. */
export const everything: FakeEngineOptions['answer'] = () => [
  start(10, 4),
  thought('Let me '),
  thought('see.'),
  text('One '),
  text('moment.'),
  ...toolCall('call_1', 'weather', ['{"city"', ':"Rome"}']),
  ...toolCall('call_2', 'weather', ['{"city":"Oslo"}'], 1),
  finish('tool_calls'),
  usage(10, 9, 4),
]
