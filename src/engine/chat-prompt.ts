/** From a conversation to what the tokenizer is given, by the chat template that the model brought along. */
import { plainRequest, type Input } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import { ChatTemplateProcess, TemplateFailure } from './chat-template.ts'
import type { Dialect } from './dialect/dialect.ts'
import { dialectOf } from './dialect/dialects.ts'
import { templateConversation, type Outlook } from './dialect/template-conversation.ts'
import type { LoadedModel, OpenBeginning, Segment } from './protocol.ts'

export interface Prompt {
  readonly segments: readonly Segment[]
  readonly addBos: boolean
  /** It ends with the mark that opens a thought: the answer begins with one. */
  readonly begunThinking: boolean
}

/** What a template may add to the texts it is given. */
const longestAddition = 1_048_576
/** How many times as long as they came a template may write texts: messages; and tools, which some write with indents. */
const [mostOfMessages, mostOfTools] = [4, 32]

/** Makes the prompts of one model. */
export class ChatPrompts {
  /** How the model writes thoughts and calls. */
  readonly dialect: Dialect
  /** Texts of all control tokens of the vocabulary. */
  readonly controlTokens: readonly string[]
  readonly #id: string
  readonly #bosText: string
  readonly #vocabularySize: number
  readonly #process: ChatTemplateProcess | null

  constructor(id: string, model: LoadedModel) {
    const { chatTemplate, bosText, eosText, controlTokens, markTokens, vocabularySize } = model
    this.#id = id
    this.dialect = dialectOf(chatTemplate)
    this.controlTokens = controlTokens
    this.#bosText = bosText
    this.#vocabularySize = vocabularySize
    this.#process =
      chatTemplate === null
        ? null
        : new ChatTemplateProcess({ template: chatTemplate, bosText, eosText, controlTokens, markTokens })
    this.#process?.warm()
  }

  /**
   * A text is continued as it stands: no control tokens are recognised in it. A conversation is rendered.
   *
   * @param now Epoch milliseconds, for templates that say what day it is.
   * @throws `template_missing` when the model has no template: to guess one would be to ask it something else.
   * @throws `token_unknown` when a token is not in the vocabulary.
   * @throws `template_failed` when the template refuses the conversation or cannot be run.
   * @throws the reason of `signal` when it is aborted.
   */
  async of(input: Input, now: number, signal: AbortSignal, outlook: Outlook = plainRequest): Promise<Prompt> {
    if (input.kind === 'text') {
      const segments = [{ text: input.text, control: false }]
      return { segments, addBos: true, begunThinking: false }
    }
    if (input.kind === 'tokens') return this.#ofTokens(input.tokens)
    if (this.#process === null) throw elpisError('template_missing', { model: this.#id })
    const conversation = templateConversation(input.messages, outlook, this.dialect)
    const messagesLength = JSON.stringify(conversation.messages).length
    const toolsLength = JSON.stringify(conversation.tools).length
    const longest = longestAddition + mostOfMessages * messagesLength + mostOfTools * toolsLength
    try {
      const segments = await this.#process.render({ ...conversation, now, longest }, signal)
      const addBos = !this.#beginsWithBos(segments)
      return { segments, addBos, begunThinking: this.#endsInThought(segments) }
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error
      throw elpisError('template_failed', { reason: error.message })
    }
  }

  /**
   * How a conversation begins whose system prompt is, or begins with, this text: all that the template writes before it,
   * and the text. Taken from a conversation of its own, so that nothing in it is anybody's; null when the template
   * writes the text in another way.
   *
   * @throws what `of` throws
   */
  async openBeginning(
    text: string,
    now: number,
    signal: AbortSignal,
    outlook: Outlook,
  ): Promise<OpenBeginning | null> {
    const messages = [
      { role: 'system' as const, content: text },
      { role: 'user' as const, content: 'Hello' },
    ]
    const { segments } = await this.of({ kind: 'chat', messages }, now, signal, outlook)
    const whole = segments.map((segment) => segment.text).join('')
    const at = whole.indexOf(text)
    return at === -1 ? null : { text, prompt: firstOf(segments, at + text.length) }
  }

  close(): Promise<void> {
    return this.#process?.close() ?? Promise.resolve()
  }

  #ofTokens(tokens: readonly number[]): Prompt {
    const unknown = tokens.find((token) => token < 0 || token >= this.#vocabularySize)
    if (unknown !== undefined) {
      throw elpisError('token_unknown', { token: unknown, model: this.#id, size: this.#vocabularySize })
    }
    return { segments: [{ text: '', control: false, tokens }], addBos: false, begunThinking: false }
  }

  #endsInThought(segments: readonly Segment[]): boolean {
    const open = this.dialect.thought?.open.trimEnd()
    if (open === undefined) return false
    let end = ''
    for (const { text } of segments.slice(-8)) end += text
    return end.trimEnd().endsWith(open)
  }

  #beginsWithBos([first]: readonly Segment[]): boolean {
    return this.#bosText !== '' && first?.control === true && first.text.startsWith(this.#bosText)
  }
}

/** The first so many characters. */
function firstOf(segments: readonly Segment[], length: number): Segment[] {
  const first: Segment[] = []
  let left = length
  for (const { text, control } of segments) {
    if (left <= 0) break
    first.push({ text: text.slice(0, left), control })
    left -= text.length
  }
  return first
}
