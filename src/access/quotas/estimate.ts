import type { EmbedRequest, RerankRequest } from '../../core/engine.ts'
import type { ChatMessage, Input, Request } from '../../core/request.ts'

/** What a request may take at most. */
export interface Worst {
  readonly input: number
  readonly output: number
}

/** What a template writes around one message, generously. */
const tokensAround = 32

/** What is known of work before it is begun, as the pipeline has it. */
export interface Asking {
  /** As the client named it, `model+adapter` where it named one. */
  readonly model: string
  readonly kind: 'answer' | 'embed' | 'rerank' | 'tokenize' | 'moderate'
  /** The request itself, as the door made it. */
  readonly work: unknown
  /** Null for all but answers. */
  readonly request: Request | null
}

/**
 * The most tokens that work can take. A token is at least one byte of text, so that bytes bound tokens for any vocabulary;
 * a prompt and its answer together are no longer than the context.
 */
export function worstOf({ kind, work, request }: Asking, contextTokens: number): Worst {
  if (request !== null) {
    const input = Math.min(bytesOf(request.input) + toolBytes(request), contextTokens)
    const output = Math.min(request.maxTokens ?? contextTokens, contextTokens) * request.choices
    return { input, output }
  }
  if (kind === 'embed') {
    const { inputs } = work as EmbedRequest
    return { input: sum(inputs, (input) => Math.min(length(input) + tokensAround, contextTokens)), output: 0 }
  }
  if (kind === 'rerank') {
    const { query, documents } = work as RerankRequest
    const asked = length(query) + tokensAround
    return {
      input: sum(documents, (document) => Math.min(asked + length(document), contextTokens)),
      output: 0,
    }
  }
  return { input: 0, output: 0 }
}

function bytesOf(input: Input): number {
  switch (input.kind) {
    case 'chat':
      return tokensAround + sum(input.messages, messageBytes)
    case 'text':
      return tokensAround + length(input.text)
    case 'tokens':
      return input.tokens.length
    default:
      return input satisfies never
  }
}

function messageBytes({ content, name, reasoning, toolCalls }: ChatMessage): number {
  const said = length(content) + length(name ?? '') + length(reasoning ?? '')
  return tokensAround + said + (toolCalls === undefined ? 0 : length(JSON.stringify(toolCalls)))
}

function toolBytes({ toolUse }: Request): number {
  return toolUse === null ? 0 : 16 * tokensAround + 2 * length(JSON.stringify(toolUse.tools))
}

function length(input: string | readonly number[]): number {
  return typeof input === 'string' ? Buffer.byteLength(input) : input.length
}

function sum<Entry>(entries: readonly Entry[], of: (entry: Entry) => number): number {
  return entries.reduce((total, entry) => total + of(entry), 0)
}
