import { ArrowUp, Square } from 'lucide-react'
import { useState } from 'react'
import { useServices } from '../services.tsx'
import { IconButton } from '../ui/button.tsx'
import { GrowingField } from './growing-field.tsx'

export const composerId = 'composer'

export interface ComposerProps {
  /** Whose draft this is; null for the new chat. */
  readonly conversation: string | null
  readonly answering: boolean
  /** False while there is no model to ask. */
  readonly ready: boolean
  readonly onSend: (text: string) => void
  readonly onStop: () => void
  /** Arrow up in an empty field. */
  readonly onEditLast: () => void
}

/** Where questions are written. Give it a key for each conversation: each has its own draft. */
export function Composer({ conversation, answering, ready, onSend, onStop, onEditLast }: ComposerProps) {
  const { drafts } = useServices()
  const [text, setText] = useState(() => drafts.read(conversation))
  const change = (next: string) => {
    setText(next)
    drafts.write(conversation, next)
  }
  const sendable = ready && !answering && text.trim() !== ''
  const send = () => {
    if (!sendable) return
    change('')
    onSend(text.trim())
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      className="flex items-end gap-2 rounded-3xl border border-edge/50 bg-raised py-1.5 pr-1.5 pl-4 shadow-sm focus-within:border-accent"
    >
      <div className="min-w-0 flex-1">
        <GrowingField
          id={composerId}
          label="Your question"
          placeholder="Ask anything"
          focused="unless-touch"
          value={text}
          onChange={change}
          onEnter={send}
          onKey={(event) => {
            if (event.key !== 'ArrowUp' || text !== '') return
            event.preventDefault()
            onEditLast()
          }}
          className="py-2 text-base leading-6"
        />
      </div>
      {answering ? (
        <IconButton
          look="primary"
          icon={Square}
          label="Stop"
          keys="Esc"
          onClick={onStop}
          className="rounded-full! [&>svg]:size-4 [&>svg]:fill-current"
        />
      ) : (
        <IconButton
          look="primary"
          icon={ArrowUp}
          label="Send"
          keys="Enter"
          type="submit"
          disabled={!sendable}
          className="rounded-full!"
        />
      )}
    </form>
  )
}
