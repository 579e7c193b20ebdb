import { PanelLeftClose, Search, SquarePen } from 'lucide-react'
import { useId } from 'react'
import { ageGroup } from '../conversations/calendar.ts'
import { open } from '../route.ts'
import { useStore } from '../services.tsx'
import { IconButton } from '../ui/button.tsx'
import { Mark } from '../ui/mark.tsx'
import { shortcuts } from '../ui/shortcuts.ts'
import { AccountMenu } from './account-menu.tsx'
import { ConversationRow } from './conversation-row.tsx'
import { useSummaries, type Summary } from './summaries.ts'

export interface SidebarProps {
  readonly openConversation: string | null
  /** After something was chosen: a drawer closes. */
  readonly onChosen: () => void
  readonly onHide: () => void
  readonly onSearch: () => void
  readonly onSettings: () => void
  readonly onRename: (id: string) => void
  readonly onDelete: (id: string) => void
}

const rowLook = 'flex min-h-10 w-full items-center gap-3 rounded-lg px-3 text-sm hover:bg-hover'

/** All conversations, and the ways to begin, find and manage them. */
export function Sidebar(props: SidebarProps) {
  const { openConversation, onChosen, onHide, onSearch, onSettings, onRename, onDelete } = props
  const summaries = useSummaries()
  return (
    <div className="flex h-full min-h-0 flex-col bg-side">
      <div className="flex min-h-14 items-center gap-2 pr-2 pl-4">
        <Mark className="size-7" />
        <span className="flex-1 font-serif text-xl font-semibold tracking-tight">Elpis</span>
        <IconButton
          icon={PanelLeftClose}
          label="Hide conversations"
          keys={shortcuts.sidebar.keys}
          onClick={onHide}
        />
      </div>
      <div className="px-2 pb-1">
        <button
          type="button"
          className={`${rowLook} font-medium`}
          onClick={() => {
            open(null)
            onChosen()
          }}
        >
          <SquarePen aria-hidden className="size-4 text-accent" />
          New chat
        </button>
        <button type="button" className={rowLook} onClick={onSearch}>
          <Search aria-hidden className="size-4 text-faint" />
          <span className="flex-1 text-start">Search</span>
          <kbd aria-hidden className="font-sans text-xs text-faint pointer-coarse:hidden">
            {shortcuts.search.keys}
          </kbd>
        </button>
      </div>
      <nav aria-label="Conversations" className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        {summaries.length === 0 ? (
          <p className="px-3 pt-4 text-sm text-faint">
            What you ask will stand here. It is kept in this browser only.
          </p>
        ) : (
          groups(summaries).map(([heading, group]) => (
            <Group key={heading} heading={heading}>
              {group.map((summary) => (
                <ConversationRow
                  key={summary.id}
                  summary={summary}
                  current={summary.id === openConversation}
                  onChosen={onChosen}
                  onRename={onRename}
                  onDelete={onDelete}
                />
              ))}
            </Group>
          ))
        )}
      </nav>
      <KeepingNotice />
      <div className="safe-bottom border-t border-line px-2 pt-2">
        <AccountMenu onSettings={onSettings} />
      </div>
    </div>
  )
}

function Group({ heading, children }: { readonly heading: string; readonly children: React.ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="pt-4">
      <h2 id={id} className="px-3 pb-1 text-xs font-medium text-faint">
        {heading}
      </h2>
      <ul>{children}</ul>
    </section>
  )
}

function groups(summaries: readonly Summary[]): [heading: string, group: Summary[]][] {
  const now = Date.now()
  return [...Map.groupBy(summaries, ({ updatedAt }) => ageGroup(updatedAt, now))]
}

const notices = {
  durable: null,
  memory: 'This browser keeps nothing: conversations are gone when the page is closed.',
  failing: 'This browser has no room left: the newest changes are not kept. Delete or save something.',
} as const

function KeepingNotice() {
  const keeping = useStore((state) => state.keeping)
  const notice = notices[keeping]
  if (notice === null) return null
  return (
    <p role="status" className="mx-3 mb-3 rounded-xl bg-danger-tint px-3 py-2 text-xs text-danger">
      {notice}
    </p>
  )
}
