import {
  Download,
  FileText,
  Menu as MenuIcon,
  MoreHorizontal,
  Pencil,
  SlidersHorizontal,
  SquarePen,
  Trash2,
} from 'lucide-react'
import type { Conversation } from '../conversations/conversation.ts'
import { open } from '../route.ts'
import { IconButton } from '../ui/button.tsx'
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx'
import { shortcuts } from '../ui/shortcuts.ts'
import { exportJson, exportMarkdown } from './save.ts'
import { ModelPicker } from './model-picker.tsx'
import type { ModelChoice } from './use-model.ts'

export interface ChatHeaderProps {
  readonly conversation: Conversation | null
  readonly choice: ModelChoice
  readonly sidebarShown: boolean
  readonly onShowSidebar: () => void
  /** Some setting of this chat is not the default. */
  readonly settingsChanged: boolean
  readonly onSettings: () => void
  readonly onRename: (conversation: Conversation) => void
  readonly onDelete: (conversation: Conversation) => void
}

export function ChatHeader(props: ChatHeaderProps) {
  const { conversation, choice, sidebarShown, settingsChanged, onShowSidebar, onSettings } = props
  return (
    <header className="safe-top flex shrink-0 items-center gap-0.5 px-2">
      <div className="flex min-h-14 min-w-0 flex-1 items-center gap-0.5">
        {sidebarShown ? null : (
          <>
            <IconButton
              icon={MenuIcon}
              label="Show conversations"
              keys={shortcuts.sidebar.keys}
              onClick={onShowSidebar}
            />
            <IconButton
              icon={SquarePen}
              label="New chat"
              keys={shortcuts.newChat.keys}
              onClick={() => open(null)}
            />
          </>
        )}
        <ModelPicker {...choice} />
      </div>
      <div className="relative">
        <IconButton
          icon={SlidersHorizontal}
          label={settingsChanged ? 'Settings of this chat (changed)' : 'Settings of this chat'}
          onClick={onSettings}
        />
        {settingsChanged ? (
          <span
            aria-hidden
            className="pointer-events-none absolute top-2 right-2 size-2 rounded-full bg-spark"
          />
        ) : null}
      </div>
      {conversation === null ? null : <ConversationMenu {...props} conversation={conversation} />}
    </header>
  )
}

interface ConversationMenuProps extends Pick<ChatHeaderProps, 'onRename' | 'onDelete'> {
  readonly conversation: Conversation
}

function ConversationMenu({ conversation, onRename, onDelete }: ConversationMenuProps) {
  return (
    <Menu trigger={<IconButton icon={MoreHorizontal} label="More" />}>
      <MenuItem icon={Pencil} onSelect={() => onRename(conversation)}>
        Rename
      </MenuItem>
      <MenuItem icon={FileText} onSelect={() => exportMarkdown(conversation)}>
        Save as Markdown
      </MenuItem>
      <MenuItem icon={Download} onSelect={() => exportJson([conversation])}>
        Save as JSON
      </MenuItem>
      <MenuLine />
      <MenuItem icon={Trash2} danger onSelect={() => onDelete(conversation)}>
        Delete
      </MenuItem>
    </Menu>
  )
}
