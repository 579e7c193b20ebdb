/** Everything that a model would read of a request, as texts to judge: every turn, tool, document. */
import type { ChatMessage, Request } from '../../core/request.ts'
import type { Passage } from '../scores.ts'

export interface AskedText {
  readonly text: string
  readonly kind:
    | 'turn'
    | 'earlier turn'
    | 'system'
    | 'answer'
    | 'tool result'
    | 'tool'
    | 'document'
    | 'conversation'
  /** Whether whoever asks wrote it just now: only this can cost them their standing. */
  readonly attributable: boolean
  readonly asPassage: (piece: string) => Passage
  /** It is no text that anybody reads as it stands: scores say nothing of it. */
  readonly rulesOnly?: true
}

export interface Asked {
  readonly texts: readonly AskedText[]
  /** What the answer is judged beside: the last turns of whoever asks. */
  readonly question: string
  /** Some of it cannot be read here: token ids. */
  readonly unreadable: boolean
}

const asPrompt = (prompt: string): Passage => ({ prompt, response: null })

/** What the pipeline hands over, as far as it is read here. */
export interface Asking {
  readonly kind: 'answer' | 'embed' | 'rerank' | 'tokenize' | 'moderate'
  readonly work: unknown
  readonly request: Request | null
}

/** The texts of any kind of request. `unreadable` is true where input came as tokens, which cannot be judged. */
export function askedOf({ kind, work, request }: Asking): Asked {
  if (request !== null) return askedOfRequest(request)
  switch (kind) {
    case 'embed': {
      const { inputs } = work as { inputs: readonly (string | readonly number[])[] }
      const texts = inputs
        .filter((input) => typeof input === 'string')
        .map((text) => written(text, 'document', false))
      return { texts, question: '', unreadable: texts.length < inputs.length }
    }
    case 'rerank': {
      const { query, documents } = work as { query: string; documents: readonly string[] }
      const texts = [
        written(query, 'turn', false),
        ...documents.map((text) => written(text, 'document', false)),
      ]
      return { texts, question: query, unreadable: false }
    }
    case 'tokenize': {
      const { input, outlook } = work as Pick<Request, 'input'> & { outlook?: Pick<Request, 'toolUse'> }
      // Nothing is answered: what the tokens are of is read, and costs nobody anything.
      const asked = askedOfRequest({ input, toolUse: outlook?.toolUse ?? null, format: { kind: 'text' } })
      return { ...asked, texts: asked.texts.map((text) => Object.assign(text, { attributable: false })) }
    }
    // Moderations are never judged here: what is found in them refuses nothing.
    case 'moderate':
    case 'answer':
      return { texts: [], question: '', unreadable: true }
    default:
      return kind satisfies never
  }
}

function askedOfRequest({ input, toolUse, format }: Pick<Request, 'input' | 'toolUse' | 'format'>): Asked {
  const extras: AskedText[] = (toolUse?.tools ?? []).map(({ name, description, parameters }) =>
    written(
      [name, description ?? '', parameters === null ? '' : words(parameters)].join('\n'),
      'tool',
      false,
    ),
  )
  if (format.kind === 'json-schema') extras.push(written(words(format.schema), 'tool', false))
  switch (input.kind) {
    case 'text':
      return {
        texts: [written(input.text, 'turn', true), ...extras],
        question: input.text,
        unreadable: false,
      }
    case 'tokens':
      return { texts: extras, question: '', unreadable: true }
    case 'chat': {
      const { messages } = input
      const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant')
      const asked = messages.filter(({ role }, index) => role === 'user' && index > lastAnswer)
      const last = asked.length > 0 ? asked : messages.filter(({ role }) => role === 'user').slice(-1)
      const question = last.map(({ content }) => content).join('\n')
      const texts = messages.flatMap((message, index) =>
        ofMessage(message, messages, index, last.includes(message)),
      )
      const turns = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
      // Harm that is split over turns is harm only when they are read together.
      if (turns.length > 1) {
        const together = turns.join('\n').slice(-mostTogether)
        texts.push(written(together, 'conversation', last.length > 0))
        const glued = turns.join('').slice(-mostTogether)
        texts.push({ ...written(glued, 'conversation', last.length > 0), rulesOnly: true })
      }
      return { texts: [...texts, ...extras], question, unreadable: false }
    }
    default:
      return input satisfies never
  }
}

const mostTogether = 4000

function ofMessage(
  { role, content, name, reasoning, toolCalls }: ChatMessage,
  messages: readonly ChatMessage[],
  index: number,
  isLast: boolean,
): AskedText[] {
  switch (role) {
    case 'system':
      return [written(content, 'system', false), ...named(name)]
    case 'user':
      return [written(content, isLast ? 'turn' : 'earlier turn', isLast), ...named(name)]
    case 'tool':
      return [written(content, 'tool result', false), ...named(name)]
    case 'assistant': {
      const before = messages.slice(0, index).findLast((message) => message.role === 'user')?.content ?? ''
      const asPassage = (response: string): Passage => ({ prompt: before.slice(-mostTogether), response })
      const calls = (toolCalls ?? []).map((call) => `${call.name} ${call.arguments}`)
      return [content, reasoning ?? '', ...calls]
        .filter((text) => text !== '')
        .map((text) => ({ text, kind: 'answer', attributable: false, asPassage }))
    }
    default:
      return role satisfies never
  }
}

/** The name that a turn is said to come from is read by the model as well. */
function named(name: string | undefined): AskedText[] {
  return name === undefined ? [] : [written(name, 'tool', false)]
}

function written(text: string, kind: AskedText['kind'], attributable: boolean): AskedText {
  return { text, kind, attributable, asPassage: asPrompt }
}

/** Every text in a schema: names, descriptions, values of enums. */
function words(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(words).join(' ')
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${words(inner)}`)
    .join(' ')
}
