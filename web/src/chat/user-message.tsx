import { Pencil } from 'lucide-react'
import { memo, useState } from 'react'
import type { UserMessage } from '../conversations/conversation.ts'
import { visibleText } from '../markdown/visible-text.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { GrowingField } from './growing-field.tsx'
import { VersionSwitch, type Versions } from './version-switch.tsx'

export interface UserMessageViewProps extends Versions {
  readonly message: UserMessage
  readonly editing: boolean
  readonly onEdit: (message: string | null) => void
  readonly onResend: (message: UserMessage, text: string) => void
  readonly onSwitch: (message: string) => void
}

/** A question, and the way to ask it differently. */
export const UserMessageView = memo(function UserMessageView(props: UserMessageViewProps) {
  const { message, editing, onEdit, onResend } = props
  if (editing) return <Editor message={message} onEdit={onEdit} onResend={onResend} />
  return (
    <article className="group flex flex-col items-end motion-safe:animate-rise" data-role="user">
      <h2 className="sr-only">You asked</h2>
      <p
        dir="auto"
        className="max-w-[85%] rounded-3xl rounded-br-lg bg-bubble px-4 py-2.5 leading-relaxed break-words whitespace-pre-wrap"
      >
        {visibleText(message.text)}
      </p>
      <div className="mt-1 flex items-center text-faint transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-fine:opacity-0">
        <VersionSwitch {...props} of="question" />
        <CopyButton label="Copy question" text={() => visibleText(message.text)} />
        <IconButton small icon={Pencil} label="Edit question" onClick={() => onEdit(message.id)} />
      </div>
    </article>
  )
})

type EditorProps = Pick<UserMessageViewProps, 'message' | 'onEdit' | 'onResend'>

function Editor({ message, onEdit, onResend }: EditorProps) {
  const [text, setText] = useState(message.text)
  const sendable = text.trim() !== ''
  const send = () => {
    if (!sendable) return
    onEdit(null)
    onResend(message, text.trim())
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      className="rounded-3xl border border-edge/50 bg-raised p-3 shadow-sm focus-within:border-accent"
    >
      <GrowingField
        label="Edit your question"
        focused="always"
        value={text}
        onChange={setText}
        onEnter={send}
        onKey={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          onEdit(null)
        }}
        className="px-1.5 py-1 leading-relaxed"
      />
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <p className="mr-auto pl-1.5 text-xs text-faint">The earlier version stays beside it.</p>
        <Button look="quiet" onClick={() => onEdit(null)}>
          Cancel
        </Button>
        <Button look="primary" type="submit" disabled={!sendable}>
          Ask again
        </Button>
      </div>
    </form>
  )
}
