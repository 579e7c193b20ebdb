import { useCallback, useState } from 'react'
import { ReadingNotice } from '../account/reading-notice.tsx'
import { StandingNotice } from '../case/standing-notice.tsx'
import { defaultSettings, type ChatSettings, type Conversation } from '../conversations/conversation.ts'
import { isAnswering } from '../conversations/store.ts'
import { shownPath } from '../conversations/tree.ts'
import { open, useOpenConversation } from '../route.ts'
import { useServices, useStore } from '../services.tsx'
import { AppSettings } from '../settings/app-settings.tsx'
import { usePreference } from '../settings/preferences.ts'
import { RenameDialog } from '../sidebar/rename-dialog.tsx'
import { SearchDialog } from '../sidebar/search-dialog.tsx'
import { Sidebar } from '../sidebar/sidebar.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { useMedia, wide } from '../ui/media.ts'
import { ChatHeader } from './chat-header.tsx'
import { ChatSettingsPanel } from './chat-settings.tsx'
import { Composer } from './composer.tsx'
import { EmptyState } from './empty-state.tsx'
import { NotHere } from './not-here.tsx'
import { PolicyLine } from './policy-line.tsx'
import { Thread } from './thread.tsx'
import { useModel } from './use-model.ts'
import { useShortcuts } from './use-shortcuts.ts'

/** What lies over the page; at most one thing at a time. */
type Over =
  | 'drawer'
  | 'search'
  | 'settings'
  | 'chat-settings'
  | { rename: Conversation }
  | { delete: Conversation }
  | null

/** The whole page for somebody who is signed in. */
export function ChatPage() {
  const { store, answering } = useServices()
  const openId = useOpenConversation()
  const conversation = useStore((state) => (openId === null ? null : (state.conversations[openId] ?? null)))
  const isWide = useMedia(wide)
  const [sidebar, setSidebar] = usePreference('sidebar')
  const [over, setOver] = useState<Over>(null)
  const [newSettings, setNewSettings] = useState(defaultSettings)
  const [editing, setEditing] = useState<string | null>(null)
  const choice = useModel(conversation)
  const busy = conversation !== null && isAnswering(conversation)
  const settings = conversation?.settings ?? newSettings

  const sidebarShown = isWide && sidebar === 'open'
  const close = useCallback(() => setOver(null), [])
  const toggleSidebar = () => {
    if (isWide) setSidebar(sidebar === 'open' ? 'closed' : 'open')
    else setOver(over === 'drawer' ? null : 'drawer')
  }
  const stop = () => conversation !== null && answering.stop(conversation.id)
  useShortcuts({
    blocked: over !== null,
    onStop: stop,
    onNewChat: () => open(null),
    onSearch: () => setOver('search'),
    onSidebar: toggleSidebar,
  })

  const send = (text: string) => {
    const { model } = choice
    if (model === null) return
    if (conversation !== null) answering.askAfter(conversation.id, conversation.leaf, text, model)
    else {
      open(answering.begin(text, model, newSettings))
      setNewSettings(defaultSettings)
    }
  }
  const configure = (changed: ChatSettings) => {
    if (conversation === null) setNewSettings(changed)
    else store.dispatch({ type: 'configured', id: conversation.id, change: { settings: changed } })
  }
  const startRename = useCallback(
    (id: string) => setOver(overFor(store.state().conversations[id], (one) => ({ rename: one }))),
    [store],
  )
  const startDelete = useCallback(
    (id: string) => setOver(overFor(store.state().conversations[id], (one) => ({ delete: one }))),
    [store],
  )
  const remove = ({ id }: Conversation) => {
    answering.stop(id)
    store.dispatch({ type: 'deleted', id })
    if (id === openId) open(null)
  }
  const editLast = () => {
    const last =
      conversation === null ? undefined : shownPath(conversation).findLast(({ role }) => role === 'user')
    if (last !== undefined) setEditing(last.id)
  }
  const renaming = typeof over === 'object' && over !== null && 'rename' in over ? over.rename : null
  const deleting = typeof over === 'object' && over !== null && 'delete' in over ? over.delete : null

  const list = (
    <Sidebar
      openConversation={openId}
      onChosen={close}
      onHide={toggleSidebar}
      onSearch={() => setOver('search')}
      onSettings={() => setOver('settings')}
      onRename={startRename}
      onDelete={startDelete}
    />
  )
  return (
    <div className="flex h-full min-h-0 overflow-clip pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)]">
      {sidebarShown ? <aside className="w-68 shrink-0 border-r border-line">{list}</aside> : null}
      <main className="flex min-w-0 flex-1 flex-col">
        <ChatHeader
          conversation={conversation}
          choice={choice}
          sidebarShown={sidebarShown}
          onShowSidebar={toggleSidebar}
          settingsChanged={isChanged(settings)}
          onSettings={() => setOver('chat-settings')}
          onRename={({ id }) => startRename(id)}
          onDelete={({ id }) => startDelete(id)}
        />
        {conversation !== null ? (
          <>
            <h1 className="sr-only">{conversation.title}</h1>
            <Thread
              key={conversation.id}
              conversation={conversation}
              model={choice.model}
              editing={editing}
              onEdit={setEditing}
            />
          </>
        ) : openId === null ? (
          <EmptyState ready={choice.model !== null} onAsk={send} />
        ) : (
          <NotHere />
        )}
        <div className="safe-x safe-bottom mx-auto w-full max-w-[48rem]">
          <StandingNotice />
          <ReadingNotice />
          <Composer
            key={openId ?? 'new'}
            conversation={conversation?.id ?? null}
            answering={busy}
            ready={choice.model !== null}
            onSend={send}
            onStop={stop}
            onEditLast={editLast}
          />
          <PolicyLine />
        </div>
      </main>
      <Dialog open={over === 'drawer'} onOpenChange={close} title="Conversations" titleHidden place="left">
        {list}
      </Dialog>
      <SearchDialog open={over === 'search'} onOpenChange={close} onChosen={close} />
      <AppSettings open={over === 'settings'} onOpenChange={close} />
      <ChatSettingsPanel
        open={over === 'chat-settings'}
        onOpenChange={close}
        settings={settings}
        onChange={configure}
      />
      <RenameDialog
        conversation={renaming}
        onClose={close}
        onRename={(title) => {
          if (renaming !== null) store.dispatch({ type: 'renamed', id: renaming.id, title })
          close()
        }}
      />
      <Confirm
        open={deleting !== null}
        onOpenChange={close}
        title="Delete this conversation?"
        text={`“${deleting?.title ?? ''}” is kept nowhere else. This cannot be undone.`}
        action="Delete"
        onConfirm={() => deleting !== null && remove(deleting)}
      />
    </div>
  )
}

function overFor(conversation: Conversation | undefined, make: (conversation: Conversation) => Over): Over {
  return conversation === undefined ? null : make(conversation)
}

function isChanged(settings: ChatSettings): boolean {
  return Object.entries(defaultSettings).some(
    ([name, value]) => settings[name as keyof ChatSettings] !== value,
  )
}
