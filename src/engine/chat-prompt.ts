/** From a conversation to what the tokenizer is given, by the chat template that the model brought along. */
import type { Input } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import { ChatTemplateProcess, TemplateFailure } from './chat-template.ts'
import type { LoadedModel, Segment } from './protocol.ts'

export interface Prompt {
  readonly segments: readonly Segment[]
  readonly addBos: boolean
}

/** What a template may add to the texts it is given. */
const longestAddition = 1_048_576

/** Makes the prompts of one model. */
export class ChatPrompts {
  readonly #id: string
  readonly #bosText: string
  readonly #process: ChatTemplateProcess | null

  constructor(id: string, { chatTemplate, bosText, eosText, controlTokens }: LoadedModel) {
    this.#id = id
    this.#bosText = bosText
    this.#process =
      chatTemplate === null
        ? null
        : new ChatTemplateProcess({ template: chatTemplate, bosText, eosText, controlTokens })
    this.#process?.warm()
  }

  /**
   * A text is continued as it stands: no control tokens are recognised in it. A conversation is rendered.
   *
   * @param now Epoch milliseconds, for templates that say what day it is.
   * @throws `template_missing` when the model has no template: to guess one would be to ask it something else.
   * @throws `template_failed` when the template refuses the conversation or cannot be run.
   * @throws the reason of `signal` when it is aborted.
   */
  async of(input: Input, now: number, signal: AbortSignal): Promise<Prompt> {
    if (input.kind === 'text') return { segments: [{ text: input.text, control: false }], addBos: true }
    if (this.#process === null) throw elpisError('template_missing', { model: this.#id })
    const length = input.messages.reduce((sum, message) => sum + message.content.length, 0)
    try {
      const task = { messages: input.messages, now, longest: longestAddition + 4 * length }
      const segments = await this.#process.render(task, signal)
      return { segments, addBos: !this.#beginsWithBos(segments) }
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error
      throw elpisError('template_failed', { reason: error.message })
    }
  }

  close(): Promise<void> {
    return this.#process?.close() ?? Promise.resolve()
  }

  #beginsWithBos([first]: readonly Segment[]): boolean {
    return this.#bosText !== '' && first?.control === true && first.text.startsWith(this.#bosText)
  }
}
