import { ArrowDown } from 'lucide-react'
import { useCallback, useEffect, useRef } from 'react'
import type { Answer, Conversation, UserMessage } from '../conversations/conversation.ts'
import { shownPath, versionsOf } from '../conversations/tree.ts'
import { splitThoughts } from '../markdown/thoughts.ts'
import { open } from '../route.ts'
import { useServices } from '../services.tsx'
import { useAnnounce } from '../ui/announcer.tsx'
import { IconButton } from '../ui/button.tsx'
import { AnswerView } from './answer-message.tsx'
import { useFollow } from './follow.ts'
import { UserMessageView } from './user-message.tsx'
import type { Versions } from './version-switch.tsx'

export interface ThreadProps {
  readonly conversation: Conversation
  readonly model: string | null
  /** The question that is being edited. */
  readonly editing: string | null
  readonly onEdit: (message: string | null) => void
}

/** The branch of a conversation that is shown. Give it a key for each conversation. */
export function Thread({ conversation, model, editing, onEdit }: ThreadProps) {
  const { scroller, content, away, follow } = useFollow()
  const { answering, store, showSignIn } = useServices()
  const { id } = conversation
  const path = shownPath(conversation)
  const last = path.at(-1)
  // What was just asked is looked at; another version of something is not a reason to move.
  const growing = last?.role === 'assistant' && last.state === 'streaming' ? last.id : null
  useEffect(() => {
    if (growing !== null) follow()
  }, [follow, growing])
  useSpokenAnswer(last?.role === 'assistant' ? last : null)

  // The newest model, without new callbacks: messages are drawn again only when they change.
  const asked = useLatest(model)
  const resend = useCallback(
    ({ parent }: UserMessage, text: string) => {
      if (asked.current !== null) answering.askAfter(id, parent, text, asked.current)
    },
    [answering, asked, id],
  )
  const askAgain = useCallback(
    ({ parent }: Answer) => {
      if (parent !== null && asked.current !== null) answering.askAgain(id, parent, asked.current)
    },
    [answering, asked, id],
  )
  const switchTo = useCallback(
    (message: string) => store.dispatch({ type: 'switched', id, message }),
    [store, id],
  )
  const newChat = useCallback(() => open(null), [])
  return (
    <div className="relative min-h-0 flex-1">
      <div ref={scroller} className="relative h-full overflow-y-auto overscroll-contain">
        <div ref={content} className="safe-x mx-auto flex max-w-[48rem] flex-col gap-5 pt-4 pb-10">
          {path.map((message) => {
            const versions = standing(conversation, message)
            return message.role === 'user' ? (
              <UserMessageView
                key={message.id}
                message={message}
                {...versions}
                editing={editing === message.id}
                onEdit={onEdit}
                onResend={resend}
                onSwitch={switchTo}
              />
            ) : (
              <AnswerView
                key={message.id}
                answer={message}
                {...versions}
                onAskAgain={askAgain}
                onSignIn={showSignIn}
                onNewChat={newChat}
                onSwitch={switchTo}
              />
            )
          })}
        </div>
      </div>
      {away ? (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <IconButton
            look="outline"
            icon={ArrowDown}
            label="To the end"
            onClick={follow}
            className="pointer-events-auto rounded-full! shadow-md motion-safe:animate-rise"
          />
        </div>
      ) : null}
    </div>
  )
}

function standing(conversation: Conversation, message: UserMessage | Answer): Versions {
  const ids = versionsOf(conversation, message).map((version) => version.id)
  const index = ids.indexOf(message.id)
  return {
    position: index + 1,
    count: ids.length,
    previous: ids[index - 1] ?? null,
    next: ids[index + 1] ?? null,
  }
}

/** Longest answer (characters) that is read aloud by itself; the rest is there to be walked through. */
const longestSpoken = 600

/** Says when an answer begins, and reads it once it is whole. */
function useSpokenAnswer(answer: Answer | null): void {
  const announce = useAnnounce()
  const before = useRef<Answer | null>(null)
  useEffect(() => {
    const previous = before.current
    before.current = answer
    if (answer === null) return
    const began = answer.state === 'streaming' && previous?.id !== answer.id
    const ended = answer.state !== 'streaming' && previous?.id === answer.id && previous.state === 'streaming'
    if (began) announce('The answer is being written.')
    if (ended && answer.problem === null) {
      const { answer: text } = splitThoughts(answer.text)
      announce(text.length > longestSpoken ? `${text.slice(0, longestSpoken)}… The answer goes on.` : text)
    }
  }, [answer, announce])
}

function useLatest<Value>(value: Value): { readonly current: Value } {
  const latest = useRef(value)
  useEffect(() => {
    latest.current = value
  }, [value])
  return latest
}
