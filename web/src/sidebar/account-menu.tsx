import { ChevronsUpDown, Gauge, LogOut, Settings, UserRound } from 'lucide-react'
import { go } from '../route.ts'
import { signOut } from '../session/session.ts'
import { useServices } from '../services.tsx'
import { useAnnounce } from '../ui/announcer.tsx'
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx'
import { problemOf } from '../server/problem.ts'

/** Who is signed in, and what concerns the whole page. */
export function AccountMenu({ onSettings }: { readonly onSettings: () => void }) {
  const { session, showSignIn, answering } = useServices()
  const announce = useAnnounce()
  const owner = session.kind === 'owner'
  const name = owner ? 'Owner' : session.name
  const leave = async () => {
    answering.stopAll()
    try {
      await signOut()
    } catch (thrown) {
      // Without the server, its cookie stays: saying "signed out" would be a lie. A 401 means that it is gone already.
      if (problemOf(thrown).status !== 401) {
        announce(`You are still signed in. ${problemOf(thrown).message}`)
        return
      }
    }
    showSignIn()
  }
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button
          type="button"
          className="flex min-h-12 w-full items-center gap-3 rounded-lg px-3 text-start text-sm hover:bg-hover"
        >
          <span
            aria-hidden
            className="grid size-8 shrink-0 place-items-center rounded-full bg-tint font-medium text-accent uppercase"
          >
            {Array.from(name)[0] ?? '·'}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{name}</span>
            <span className="block text-xs text-faint">
              {owner ? 'Signed in by link' : session.kind === 'key' ? 'Signed in with a key' : session.role}
            </span>
          </span>
          <ChevronsUpDown aria-hidden className="size-4 text-faint" />
        </button>
      }
    >
      <MenuItem icon={UserRound} onSelect={() => go('/account')}>
        Your account
      </MenuItem>
      {session.role === 'member' ? null : (
        <MenuItem icon={Gauge} onSelect={() => go('/console')}>
          Console
        </MenuItem>
      )}
      <MenuItem icon={Settings} onSelect={onSettings}>
        Settings
      </MenuItem>
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={() => void leave()}>
        Sign out
      </MenuItem>
    </Menu>
  )
}
