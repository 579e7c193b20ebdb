/** Renders a conversation so that no control token of the prompt has anything of people's text in it. */
import type { ChatMessage } from '../core/request.ts'
import type { Segment } from './protocol.ts'
import type { TextShield } from './text-shield.ts'

/**
 * What the tokenizer is to be given: the rendering under the thin cover, or, when the template made other control
 * tokens of that than under the thick one, under the thick one.
 *
 * @throws whatever `render` throws.
 */
export function shieldedRendering(
  messages: readonly ChatMessage[],
  shield: TextShield,
  render: (messages: readonly ChatMessage[]) => string,
): Segment[] {
  const covers = shield.covers(messages.flatMap((message) => [message.content, message.name ?? '']))
  const thin = messages.map((message) => withTexts(message, (text) => covers.thin(text)))
  const thick = messages.map((message) => withTexts(message, (text) => covers.thick(text)))
  const rendered = render(thin)
  if (thin.every((message, at) => sameTexts(message, thick[at]))) return covers.segments(rendered)
  const certain = render(thick)
  const [tokens, certainTokens] = [covers.tokensOf(rendered), covers.tokensOf(certain)]
  const same =
    tokens.length === certainTokens.length && tokens.every((token, at) => token === certainTokens[at])
  return covers.segments(same ? rendered : certain)
}

function withTexts(message: ChatMessage, change: (text: string) => string): ChatMessage {
  const content = change(message.content)
  return message.name === undefined
    ? { ...message, content }
    : { ...message, content, name: change(message.name) }
}

function sameTexts(message: ChatMessage, other: ChatMessage | undefined): boolean {
  return message.content === other?.content && message.name === other.name
}
