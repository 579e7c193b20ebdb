import type { Part } from '../../../core/part.ts'
import type { Request } from '../../../core/request.ts'
import { asElpisError, elpisError } from '../../../errors.ts'
import { errorBody, modelRefusals } from '../../error-body.ts'
import { idLike, type Exchange } from '../../exchange.ts'
import { eventStreamType, serverSentEvent } from '../../framing.ts'
import { defineRoute, type Route } from '../../route.ts'
import { nullWithoutTools } from '../../tool-use.ts'
import type { Whose } from '../../whose.ts'
import { reasoningOf } from '../effort.ts'
import { requestOf, type Generating } from '../generating.ts'
import { respond } from '../respond.ts'
import type { Wire } from '../wire.ts'
import { responseEvent, responseObject, type ResponseEvent } from './answer-schema.ts'
import { messagesOf } from './conversation.ts'
import { ResponseDraft } from './draft.ts'
import { itemId, type Item, type KnownItem } from './items.ts'
import { formatOf, responseHead, topLogprobsOf } from './response-head.ts'
import { responseRequest, type ResponseRequest } from './schema.ts'
import type { StoredResponses } from './stored.ts'
import { toolUseOf } from './tools.ts'

export interface ResponsesParts {
  readonly generating: Generating
  readonly stored: StoredResponses
  readonly whose: Whose
}

/** OpenAI's responses route. An answer may go on from one that was kept; a missing one is a 404. */
export function createResponse({ generating, stored, whose }: ResponsesParts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/responses',
    summary: 'Answer a conversation that may go on later',
    needs: 'answers',
    body: responseRequest,
    answers: {
      200: { description: 'The answer, whole or as events.', schema: responseObject, events: responseEvent },
      ...modelRefusals(),
      404: { description: 'The model, or the answer before, is not here.', schema: errorBody },
    },
    async handle({ body, exchange, reply }) {
      const { account, subject } = await whose(exchange.credentials)
      const store = storeOf(body, stored.enabled)
      const before = await stored.conversation(account, body.previous_response_id ?? null)
      const suffix = idLike(exchange.id, '')
      const input = knownItems(body.input, suffix)
      const request = translated(body, exchange, [...before, ...input], generating.mostChoices)
      const createdAt = Math.floor(generating.now() / 1000)
      const head = responseHead(body, { id: `resp_${suffix}`, createdAt, store })
      const draft = new ResponseDraft(head, suffix, generating.now)
      const told: ResponseEvent[] = []
      const keep = async () => {
        if (store) await stored.keep({ account, subject }, { response: draft.response, input })
      }
      return await respond({
        parts: drafted(generating.answer(request, exchange.credentials), { draft, told, keep }),
        wire: wireOf(draft, told),
        exchange,
        reply,
        choices: 1,
        stream: body.stream === true,
        promptField: 'input',
        formatField: 'text.format',
      })
    },
  })
}

function translated(
  body: ResponseRequest,
  exchange: Exchange,
  items: readonly Item[],
  mostChoices: number,
): Request {
  const messages = messagesOf(body.instructions ?? null, items)
  const specific = {
    input: { kind: 'chat' as const, messages },
    maxTokens: body.max_output_tokens ?? null,
    topLogprobs: topLogprobsOf(body),
  }
  return {
    ...requestOf(exchange, body, specific, mostChoices),
    toolUse: nullWithoutTools(toolUseOf(body)),
    format: formatOf(body.text?.format),
    reasoning: reasoningOf(body.reasoning?.effort),
  }
}

/** @throws `unsupported_parameter` when it must be kept, but nothing is. */
function storeOf({ store, previous_response_id }: ResponseRequest, enabled: boolean): boolean {
  if (enabled) return store ?? true
  const parameter = store === true ? 'store' : previous_response_id == null ? null : 'previous_response_id'
  if (parameter === null) return false
  const error = elpisError('unsupported_parameter', {
    parameter,
    reason: 'this server keeps no answers (limits.response_days is 0)',
  })
  error.param = parameter
  throw error
}

function knownItems(input: ResponseRequest['input'], suffix: string): KnownItem[] {
  const items: readonly Item[] =
    typeof input === 'string'
      ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
      : input
  return items.map((item, index) =>
    Object.assign({}, item, { id: item.id ?? itemId(item.type, suffix, `in${index}`) }),
  )
}

interface Drafting {
  readonly draft: ResponseDraft
  /** Events that were made and not sent yet. */
  readonly told: ResponseEvent[]
  readonly keep: () => Promise<void>
}

/** Lets the parts pass and makes the answer of them. It is kept before anybody hears that it is complete. */
async function* drafted(parts: AsyncGenerator<Part>, { draft, told, keep }: Drafting): AsyncGenerator<Part> {
  try {
    for await (const part of parts) {
      if (part.type !== 'error' && part.type !== 'loading') told.push(...draft.take(part))
      if (part.type === 'usage') await keep()
      yield part
    }
  } catch (error) {
    yield { type: 'error', error: asElpisError(error) }
  } finally {
    await parts.return(undefined)
  }
}

function wireOf(draft: ResponseDraft, told: ResponseEvent[]): Wire {
  const frame = (event: ResponseEvent) => serverSentEvent(JSON.stringify(event), event.type)
  return {
    whole: () => draft.response,
    events: () => told.splice(0),
    framing: {
      contentType: eventStreamType,
      frame: (event) => frame(event as ResponseEvent),
      failure: (error) => draft.fail(error).map(frame).join(''),
      end: '',
    },
  }
}
