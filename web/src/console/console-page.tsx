import {
  Activity,
  ChartColumn,
  Gavel,
  KeyRound,
  ListChecks,
  Menu as MenuIcon,
  MessageSquareWarning,
  Scale,
  ScrollText,
  ShieldCheck,
  Siren,
  Users,
  type LucideIcon,
} from 'lucide-react'
import { lazy, Suspense, useState, type ComponentType } from 'react'
import { usePath } from '../route.ts'
import type { Session } from '../session/session.ts'
import { ThemeButton } from '../settings/theme-choice.tsx'
import { AppLink } from '../ui/app-link.tsx'
import { IconButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Mark } from '../ui/mark.tsx'
import { useMedia, wide } from '../ui/media.ts'
import { RoleContext } from './acts.ts'
import { LivePage } from './live-page.tsx'

type Role = Session['role']

interface Area {
  readonly path: string
  readonly title: string
  readonly icon: LucideIcon
  /** Who is shown it; the server decides by itself who may. */
  readonly roles: readonly Role[]
  /** Also to those who watch over another organisation than the one that runs the server. */
  readonly elsewhere?: true
  readonly Page: ComponentType<{ readonly session: Session }>
}

const UsagePage = lazy(async () => ({ default: (await import('./usage-page.tsx')).UsagePage }))
const StandingPage = lazy(async () => ({ default: (await import('./standing-page.tsx')).StandingPage }))
const ReviewPage = lazy(async () => ({ default: (await import('./review-page.tsx')).ReviewPage }))
const AppealsPage = lazy(async () => ({ default: (await import('./review-page.tsx')).AppealsPage }))
const CasesPage = lazy(async () => ({ default: (await import('./cases-page.tsx')).CasesPage }))

const GuardPage = lazy(async () => ({ default: (await import('./guard-page.tsx')).GuardPage }))
const AuditPage = lazy(async () => ({ default: (await import('./audit-page.tsx')).AuditPage }))
const IncidentsPage = lazy(async () => ({ default: (await import('./incidents-page.tsx')).IncidentsPage }))
const PeoplePage = lazy(async () => ({ default: (await import('./people-page.tsx')).PeoplePage }))
const KeysPage = lazy(async () => ({ default: (await import('./keys-page.tsx')).KeysPage }))

const watching: readonly Role[] = ['owner', 'admin', 'auditor']
const auditing: readonly Role[] = ['owner', 'auditor']
const judging: readonly Role[] = ['owner', 'admin', 'reviewer', 'auditor']

const areas: readonly Area[] = [
  { path: '/console', title: 'Live', icon: Activity, roles: watching, Page: LivePage },
  {
    path: '/console/usage',
    title: 'Usage',
    icon: ChartColumn,
    roles: watching,
    elsewhere: true,
    Page: UsagePage,
  },
  {
    path: '/console/people',
    title: 'People',
    icon: Users,
    roles: watching,
    elsewhere: true,
    Page: PeoplePage,
  },
  { path: '/console/keys', title: 'Keys', icon: KeyRound, roles: watching, elsewhere: true, Page: KeysPage },
  { path: '/console/standing', title: 'Standing', icon: Gavel, roles: judging, Page: StandingPage },
  { path: '/console/review', title: 'Review', icon: ListChecks, roles: judging, Page: ReviewPage },
  {
    path: '/console/appeals',
    title: 'Appeals',
    icon: MessageSquareWarning,
    roles: judging,
    Page: AppealsPage,
  },
  { path: '/console/cases', title: 'Cases', icon: Scale, roles: judging, Page: CasesPage },
  {
    path: '/console/guard',
    title: 'Guard',
    icon: ShieldCheck,
    roles: judging,
    elsewhere: true,
    Page: GuardPage,
  },
  {
    path: '/console/audit',
    title: 'Audit',
    icon: ScrollText,
    roles: auditing,
    elsewhere: true,
    Page: AuditPage,
  },
  { path: '/console/incidents', title: 'Incidents', icon: Siren, roles: watching, Page: IncidentsPage },
]

/** Where a server is run from. */
export function ConsolePage({ session }: { readonly session: Session }) {
  const path = usePath()
  const isWide = useMedia(wide)
  const [drawer, setDrawer] = useState(false)
  const mine = areas.filter(
    ({ roles, elsewhere }) => roles.includes(session.role) && (session.at_home || elsewhere === true),
  )
  const area =
    mine.findLast((each) => path === each.path || path.startsWith(`${each.path}/`)) ?? mine[0] ?? null
  const navigation = (
    <nav aria-label="Console" className="grid gap-0.5 p-3">
      <AppLink to="/" className="mb-3 flex min-h-10 items-center gap-2.5 rounded-lg px-3">
        <Mark className="size-6" />
        <span className="font-serif text-lg font-semibold">Elpis</span>
        <span className="ml-auto text-xs text-faint">to the chat</span>
      </AppLink>
      {mine.map(({ path: to, title, icon: Icon }) => (
        <AppLink
          key={to}
          to={to}
          onFollow={() => setDrawer(false)}
          aria-current={area?.path === to ? 'page' : undefined}
          className="flex min-h-10 items-center gap-3 rounded-lg px-3 text-sm hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium"
        >
          <Icon aria-hidden className="size-4 text-faint" />
          {title}
        </AppLink>
      ))}
    </nav>
  )
  return (
    <div className="flex h-full min-h-0 overflow-clip">
      {isWide ? <aside className="w-56 shrink-0 border-r border-line bg-side">{navigation}</aside> : null}
      <div className="min-w-0 flex-1 overflow-y-auto">
        <div className="safe-x safe-bottom mx-auto max-w-5xl pt-3 pb-16">
          <div className="flex items-center justify-between">
            {isWide ? (
              <span />
            ) : (
              <IconButton icon={MenuIcon} label="Areas of the console" onClick={() => setDrawer(true)} />
            )}
            <ThemeButton />
          </div>
          <main key={area?.path} className="animate-rise">
            {area === null ? (
              <p className="mt-6 text-soft">Your role has no part in running this server.</p>
            ) : (
              <>
                <h1 className="font-serif text-3xl font-semibold tracking-tight">{area.title}</h1>
                <Suspense fallback={<p className="sr-only">Loading</p>}>
                  <RoleContext value={session.role}>
                    <area.Page session={session} />
                  </RoleContext>
                </Suspense>
              </>
            )}
          </main>
        </div>
      </div>
      <Dialog open={drawer} onOpenChange={setDrawer} title="Areas of the console" titleHidden place="left">
        {navigation}
      </Dialog>
    </div>
  )
}
