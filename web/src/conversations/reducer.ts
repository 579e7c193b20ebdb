import type { Answer, ChatSettings, Conversation, UserMessage } from './conversation.ts'
import { newestLeaf } from './tree.ts'

export type Conversations = Readonly<Record<string, Conversation>>

/** Everything that can happen to the conversations of this browser. */
export type Action =
  /** Read from the archive, or changed by another tab. */
  | { readonly type: 'arrived'; readonly conversations: readonly Conversation[] }
  | { readonly type: 'created'; readonly conversation: Conversation }
  | { readonly type: 'renamed'; readonly id: string; readonly title: string }
  | { readonly type: 'configured'; readonly id: string; readonly change: Partial<Configuration> }
  | { readonly type: 'deleted'; readonly id: string }
  /** A question, and the still empty answer to it. */
  | { readonly type: 'asked'; readonly id: string; readonly question: UserMessage; readonly answer: Answer }
  /** Another answer to a question that stands. */
  | { readonly type: 'asked-again'; readonly id: string; readonly answer: Answer }
  | { readonly type: 'answer-grew'; readonly id: string; readonly answer: string; readonly text: string }
  | { readonly type: 'answer-ended'; readonly id: string; readonly answer: string; readonly end: AnswerEnd }
  /** Another version of a message is to be shown. */
  | { readonly type: 'switched'; readonly id: string; readonly message: string }

interface Configuration {
  readonly model: string
  readonly settings: ChatSettings
}

export type AnswerEnd = Pick<Answer, 'state' | 'finish' | 'usage' | 'timing' | 'problem'>

/** Pure. An action about something that is gone, such as a late word for a deleted conversation, changes nothing. */
export function reduce(conversations: Conversations, action: Action): Conversations {
  switch (action.type) {
    case 'arrived':
      return { ...conversations, ...Object.fromEntries(action.conversations.map((one) => [one.id, one])) }
    case 'created':
      return { ...conversations, [action.conversation.id]: action.conversation }
    case 'deleted': {
      const { [action.id]: gone, ...rest } = conversations
      return gone === undefined ? conversations : rest
    }
    default: {
      const conversation = conversations[action.id]
      if (conversation === undefined) return conversations
      const changed = change(conversation, action)
      return changed === conversation ? conversations : { ...conversations, [action.id]: changed }
    }
  }
}

type ChangeOfOne = Exclude<Action, { type: 'arrived' | 'created' | 'deleted' }>

function change(conversation: Conversation, action: ChangeOfOne): Conversation {
  const { messages } = conversation
  switch (action.type) {
    case 'renamed':
      return { ...conversation, title: action.title }
    case 'configured':
      return { ...conversation, ...action.change }
    case 'asked': {
      const { question, answer } = action
      return withAnswer({ ...conversation, messages: { ...messages, [question.id]: question } }, answer)
    }
    case 'asked-again':
      return withAnswer(conversation, action.answer)
    case 'answer-grew':
      return changeAnswer(conversation, action.answer, (answer) => ({ text: answer.text + action.text }))
    case 'answer-ended':
      return changeAnswer(conversation, action.answer, () => action.end)
    case 'switched':
      return messages[action.message] === undefined
        ? conversation
        : { ...conversation, leaf: newestLeaf(conversation, action.message) }
    default:
      return action satisfies never
  }
}

function withAnswer(conversation: Conversation, answer: Answer): Conversation {
  return {
    ...conversation,
    messages: { ...conversation.messages, [answer.id]: answer },
    leaf: answer.id,
    model: answer.model,
    updatedAt: answer.at,
  }
}

/** Only an answer that is still being made can change. */
function changeAnswer(
  conversation: Conversation,
  id: string,
  change: (answer: Answer) => Partial<Answer>,
): Conversation {
  const answer = conversation.messages[id]
  if (answer?.role !== 'assistant' || answer.state !== 'streaming') return conversation
  return {
    ...conversation,
    messages: { ...conversation.messages, [id]: { ...answer, ...change(answer) } },
  }
}
