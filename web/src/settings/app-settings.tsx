import { useQuery } from '@tanstack/react-query'
import { Download, Trash2, Upload } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import { exportJson } from '../chat/save.ts'
import { fromJson } from '../conversations/export.ts'
import { open as openConversation } from '../route.ts'
import { healthQuery } from '../server/queries.ts'
import { useServices, useStore } from '../services.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { shortcuts } from '../ui/shortcuts.ts'
import { ThemeChoice } from './theme-choice.tsx'

export interface AppSettingsProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

/** What concerns the whole page: its look, what it keeps, its keys, and what the server says about itself. */
export function AppSettings({ open, onOpenChange }: AppSettingsProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Settings">
      <div className="space-y-7 overflow-y-auto p-5">
        <Section title="Theme">
          <ThemeChoice />
        </Section>
        <Section title="Conversations">
          <KeptConversations />
        </Section>
        <Section title="Keyboard" className="pointer-coarse:hidden">
          <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5 text-sm">
            {Object.values(shortcuts).map(({ keys, does }) => (
              <div key={does} className="contents">
                <dt className="text-soft">{does}</dt>
                <dd>
                  <kbd className="rounded-md border border-line bg-canvas px-1.5 py-0.5 font-sans text-xs">
                    {keys}
                  </kbd>
                </dd>
              </div>
            ))}
          </dl>
        </Section>
        <Section title="This server">
          <AboutServer />
        </Section>
      </div>
    </Dialog>
  )
}

interface SectionProps {
  readonly title: string
  readonly className?: string
  readonly children: ReactNode
}

function Section({ title, className, children }: SectionProps) {
  return (
    <section className={className}>
      <h3 className="mb-2.5 text-sm font-medium">{title}</h3>
      {children}
    </section>
  )
}

function KeptConversations() {
  const { store, answering } = useServices()
  const conversations = useStore((state) => state.conversations)
  const damaged = useStore((state) => state.damaged)
  const [message, setMessage] = useState('')
  const [deleting, setDeleting] = useState(false)
  const file = useRef<HTMLInputElement>(null)
  const all = Object.values(conversations)
  const bringIn = async (chosen: File | undefined) => {
    const read = chosen === undefined ? null : fromJson(await chosen.text())
    if (read === null) {
      setMessage('This is not a file that was saved here.')
      return
    }
    store.dispatch({ type: 'arrived', conversations: read.conversations })
    const skipped = read.damaged === 0 ? '' : ` ${read.damaged} could not be read.`
    setMessage(`${read.conversations.length} brought in.${skipped}`)
  }
  return (
    <>
      <p className="text-sm text-soft">
        {all.length} kept in this browser, and nowhere else.
        {damaged === 0 ? '' : ` ${damaged} more cannot be read any more, and are left as they are.`}
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button icon={Download} disabled={all.length === 0} onClick={() => exportJson(all)}>
          Save all
        </Button>
        <Button icon={Upload} onClick={() => file.current?.click()}>
          Bring in
        </Button>
        <Button
          icon={Trash2}
          look="danger"
          disabled={all.length + damaged === 0}
          onClick={() => setDeleting(true)}
        >
          Delete all
        </Button>
      </div>
      <input
        ref={file}
        type="file"
        accept="application/json,.json"
        aria-label="File of saved conversations"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          void bringIn(event.target.files?.[0])
          event.target.value = ''
        }}
      />
      <p role="status" className="mt-2 text-sm text-soft empty:hidden">
        {message}
      </p>
      <Confirm
        open={deleting}
        onOpenChange={setDeleting}
        title="Delete all conversations?"
        text="They are kept nowhere else. This cannot be undone."
        action="Delete all"
        onConfirm={() => {
          answering.stopAll()
          openConversation(null)
          void store.deleteAll().then(() => setMessage('All deleted.'))
        }}
      />
    </>
  )
}

function AboutServer() {
  const { data } = useQuery(healthQuery)
  if (data === undefined) return <p className="text-sm text-soft">It says nothing about itself just now.</p>
  return (
    <div className="space-y-1 text-sm text-soft">
      {data.version === undefined ? null : <p>Elpis {data.version}</p>}
      {data.policy === undefined ? null : (
        <p>
          {data.policy === 'open'
            ? 'Policy: open. No guard checks what is asked or answered on this server yet.'
            : `Policy: ${data.policy}.`}
        </p>
      )}
    </div>
  )
}
