import type { z } from 'zod'
import type { FinishReason, TokenLogprob, Usage } from '../../core/part.ts'
import type { ToolCall } from '../../core/request.ts'
import { finiteLogprob, tokenText, type Wire } from '../openai/wire.ts'
import { argumentsObject } from '../tool-arguments.ts'
import type { chatAnswer, logprobs, toolCall } from './answer-schema.ts'
import { ollamaFraming } from './errors.ts'
import type { Stopwatch } from './stopwatch.ts'

/** What one line, or a whole answer, says. */
export interface Said {
  readonly content: string
  readonly thinking?: string
  readonly tool_calls?: z.infer<typeof toolCall>[]
}

interface LineWire {
  readonly model: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly stopwatch: Stopwatch
  /** How this path writes what is said. */
  readonly said: (said: Said) => object
}

type Common = Omit<z.infer<typeof chatAnswer>, 'message'>

/** Ollama's answers: one JSON object a line, or one in all. Calls come whole, never in pieces. */
export function lineWire({ model, now, stopwatch, said }: LineWire): Wire {
  const line = (content: Said, rest: Partial<Common> = {}) => ({
    ...begun(model, now),
    ...said(content),
    done: false,
    ...rest,
  })
  let calling: (ToolCall & { readonly call: number; readonly pieces: string[] }) | null = null
  let reason: FinishReason = 'stop'

  /** A line with the call that is complete now, if there is one. */
  function called(): object[] {
    if (calling === null) return []
    const { call, id, name, pieces } = calling
    calling = null
    return [line({ content: '', tool_calls: [callOf({ id, name, arguments: pieces.join('') }, call)] })]
  }

  return {
    framing: ollamaFraming,
    whole({ choices: [choice], usage }) {
      const { text = '', reasoning = '', toolCalls = [], logprobs: chosen = null } = choice ?? {}
      const content: Said = {
        content: text,
        ...(reasoning === '' ? {} : { thinking: reasoning }),
        ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(callOf) }),
      }
      return line(content, {
        ...logprobsOf(chosen),
        ...endOf(choice?.reason ?? 'stop', usage, stopwatch),
      })
    },
    // Lines know no comments: this one says nothing, and clients read past what they do not know.
    loading: (fraction) => line({ content: '' }, { loading: fraction }),
    events(part) {
      switch (part.type) {
        case 'start':
          return []
        case 'text-delta':
          if (part.text === '' && part.logprobs === null) return []
          return [...called(), line({ content: part.text }, logprobsOf(part.logprobs))]
        case 'reasoning-delta':
          if (part.text === '' && part.logprobs === null) return []
          return [...called(), line({ content: '', thinking: part.text }, logprobsOf(part.logprobs))]
        case 'tool-call-start': {
          const complete = called()
          const { call, id, name } = part
          calling = { call, id, name, arguments: '', pieces: [] }
          return complete
        }
        case 'tool-call-delta':
          calling?.pieces.push(part.arguments)
          return []
        case 'finish':
          ;({ reason } = part)
          return called()
        case 'usage':
          return [line({ content: '' }, endOf(reason, part.usage, stopwatch))]
        default:
          return part satisfies never
      }
    },
  }
}

/** What every line begins with. */
export function begun(model: string, now: () => number): Pick<Common, 'model' | 'created_at'> {
  return { model, created_at: new Date(now()).toISOString() }
}

function endOf(
  reason: FinishReason,
  { promptTokens, outputTokens }: Usage,
  stopwatch: Stopwatch,
): Partial<Common> {
  const { total_duration, load_duration, prompt_eval_duration, eval_duration } = stopwatch.durations()
  return {
    done: true,
    done_reason: doneReasonOf(reason),
    total_duration,
    load_duration,
    prompt_eval_count: promptTokens,
    prompt_eval_duration,
    eval_count: outputTokens,
    eval_duration,
  }
}

function doneReasonOf(reason: FinishReason): 'stop' | 'length' | 'content_filter' {
  // Ollama has no word for an answer that ends in calls; a cancelled one ends with an error before this is told.
  return reason === 'tool_calls' ? 'stop' : reason === 'cancelled' ? 'length' : reason
}

function callOf({ id, name, arguments: written }: ToolCall, index: number): z.infer<typeof toolCall> {
  return {
    id,
    function: { index, name, arguments: { ...argumentsObject(written) } as Record<string, never> },
  }
}

function logprobsOf(chosen: readonly TokenLogprob[] | null): { logprobs?: z.infer<typeof logprobs> } {
  if (chosen === null) return {}
  return {
    logprobs: chosen.map((token) => ({
      ...entryOf(token),
      ...(token.top.length === 0 ? {} : { top_logprobs: token.top.map(entryOf) }),
    })),
  }
}

function entryOf({ bytes, logprob }: Pick<TokenLogprob, 'bytes' | 'logprob'>) {
  return { token: tokenText({ bytes }), bytes: [...bytes], logprob: finiteLogprob(logprob) }
}
