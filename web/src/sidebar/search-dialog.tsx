import { Search, SquarePen } from 'lucide-react'
import { useId, useState } from 'react'
import { ageGroup } from '../conversations/calendar.ts'
import { search, type Found } from '../conversations/search.ts'
import { open as openConversation } from '../route.ts'
import { useServices } from '../services.tsx'
import { Dialog } from '../ui/dialog.tsx'

export interface SearchDialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly onChosen: () => void
}

/** Finds conversations by any word in them, with the keyboard alone. */
export function SearchDialog({ open, onOpenChange, onChosen }: SearchDialogProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Search conversations" titleHidden>
      <SearchBox
        onChoose={(id) => {
          onOpenChange(false)
          openConversation(id)
          onChosen()
        }}
      />
    </Dialog>
  )
}

/** An input with a list of options (ARIA's combobox): the keyboard stays in the field, arrows move through the list. */
function SearchBox({ onChoose }: { readonly onChoose: (id: string | null) => void }) {
  const { store } = useServices()
  const list = useId()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const [now] = useState(Date.now)
  const found = search(Object.values(store.state().conversations), text)
  // The new chat comes first as long as nothing is searched for.
  const options: (Found | null)[] = text.trim() === '' ? [null, ...found] : found
  const choose = (option: Found | null | undefined) => {
    if (option !== undefined) onChoose(option?.conversation.id ?? null)
  }
  const move = (step: number) => {
    const next = (active + step + options.length) % Math.max(1, options.length)
    setActive(next)
    document.querySelector(`#${CSS.escape(`${list}-${next}`)}`)?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search aria-hidden className="size-5 shrink-0 text-faint" />
        <input
          role="combobox"
          aria-label="Search conversations"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={options.length > 0 ? `${list}-${active}` : undefined}
          value={text}
          placeholder="Search conversations"
          onChange={(event) => {
            setText(event.target.value)
            setActive(0)
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') move(1)
            else if (event.key === 'ArrowUp') move(-1)
            else if (event.key === 'Enter' && !event.nativeEvent.isComposing) choose(options[active])
            else return
            event.preventDefault()
          }}
          className="min-w-0 flex-1 bg-transparent py-4 text-base outline-none focus-visible:outline-none placeholder:text-faint"
        />
      </div>
      <ul id={list} role="listbox" aria-label="Found" className="min-h-0 overflow-y-auto p-2">
        {options.map((option, index) => (
          <li
            key={option?.conversation.id ?? 'new'}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(option)}
            className="flex min-h-11 cursor-pointer items-center gap-3 rounded-lg px-3 py-2 text-sm aria-selected:bg-hover"
          >
            {option === null ? (
              <NewChatOption />
            ) : (
              <FoundOption found={option} age={ageGroup(option.conversation.updatedAt, now)} />
            )}
          </li>
        ))}
      </ul>
      {options.length === 0 ? (
        <p role="status" className="px-5 pb-6 text-center text-sm text-soft">
          Nothing here has “{text.trim()}” in it.
        </p>
      ) : null}
    </>
  )
}

function NewChatOption() {
  return (
    <>
      <SquarePen aria-hidden className="size-4 text-accent" />
      New chat
    </>
  )
}

function FoundOption({
  found: { conversation, excerpt },
  age,
}: {
  readonly found: Found
  readonly age: string
}) {
  return (
    <>
      <span className="min-w-0 flex-1">
        <span className="block truncate">{conversation.title}</span>
        {excerpt === null ? null : (
          <span className="block truncate text-xs text-soft">
            {excerpt.before}
            <mark className="bg-tint text-accent">{excerpt.hit}</mark>
            {excerpt.after}
          </span>
        )}
      </span>
      <span className="shrink-0 text-xs text-faint">{age}</span>
    </>
  )
}
