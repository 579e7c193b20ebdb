import { MoreHorizontal, Pencil, Trash2 } from 'lucide-react'
import { memo } from 'react'
import { open } from '../route.ts'
import { IconButton } from '../ui/button.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import type { Summary } from './summaries.ts'

export interface ConversationRowProps {
  readonly summary: Summary
  readonly current: boolean
  readonly onChosen: () => void
  readonly onRename: (id: string) => void
  readonly onDelete: (id: string) => void
}

export const ConversationRow = memo(function ConversationRow(props: ConversationRowProps) {
  const { summary, current, onChosen, onRename, onDelete } = props
  const { id, title, answering } = summary
  return (
    <li className="group relative">
      <a
        href={`/c/${id}`}
        aria-current={current ? 'page' : undefined}
        title={title}
        onClick={(event) => {
          // Another tab or window is the browser's business.
          if (event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          open(id)
          onChosen()
        }}
        className="flex min-h-10 items-center gap-2 rounded-lg pr-10 pl-3 text-sm -outline-offset-2 hover:bg-hover aria-[current]:bg-hover aria-[current]:font-medium"
      >
        <span className="truncate">{title}</span>
        {answering ? (
          <span className="size-2 shrink-0 rounded-full bg-spark motion-safe:animate-breathe">
            <span className="sr-only">, being answered</span>
          </span>
        ) : null}
      </a>
      <div className="absolute inset-y-0 right-1 flex items-center opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 has-[[data-state=open]]:opacity-100 pointer-coarse:opacity-100">
        <Menu trigger={<IconButton small icon={MoreHorizontal} label={`More for ${title}`} />}>
          <MenuItem icon={Pencil} onSelect={() => onRename(id)}>
            Rename
          </MenuItem>
          <MenuItem icon={Trash2} danger onSelect={() => onDelete(id)}>
            Delete
          </MenuItem>
        </Menu>
      </div>
    </li>
  )
})
