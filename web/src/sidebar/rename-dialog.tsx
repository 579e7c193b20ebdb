import { useId, useState } from 'react'
import type { Conversation } from '../conversations/conversation.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

export interface RenameDialogProps {
  /** Null while nothing is being renamed. */
  readonly conversation: Conversation | null
  readonly onRename: (title: string) => void
  readonly onClose: () => void
}

export function RenameDialog({ conversation, onRename, onClose }: RenameDialogProps) {
  return (
    <Dialog open={conversation !== null} onOpenChange={onClose} title="Rename">
      {conversation === null ? null : <RenameForm title={conversation.title} onRename={onRename} />}
    </Dialog>
  )
}

function RenameForm({
  title,
  onRename,
}: {
  readonly title: string
  readonly onRename: (title: string) => void
}) {
  const field = useId()
  const [text, setText] = useState(title)
  return (
    <form
      className="p-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim() !== '') onRename(text.trim())
      }}
    >
      <label htmlFor={field} className="text-sm font-medium">
        Title
      </label>
      <input
        id={field}
        value={text}
        maxLength={200}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value)}
        className="mt-1.5 w-full rounded-xl border border-edge bg-canvas px-3.5 py-2.5"
      />
      <div className="mt-4 flex justify-end">
        <Button type="submit" look="primary" disabled={text.trim() === ''}>
          Rename
        </Button>
      </div>
    </form>
  )
}
