import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { ThemeButton } from '../settings/theme-choice.tsx'
import { AppLink } from './app-link.tsx'

export interface PageProps {
  readonly title: string
  readonly children: ReactNode
}

/** A page to read and fill in, apart from the chat. */
export function Page({ title, children }: PageProps) {
  return (
    <div className="h-full overflow-y-auto">
      <div className="safe-x safe-bottom mx-auto max-w-3xl pt-4 pb-16">
        <div className="flex items-center justify-between">
          <AppLink
            to="/"
            className="inline-flex min-h-10 items-center gap-2 rounded-lg px-2 text-sm text-soft hover:text-ink"
          >
            <ArrowLeft aria-hidden className="size-4" /> Chat
          </AppLink>
          <ThemeButton />
        </div>
        <main className="animate-rise">
          <h1 className="mt-3 font-serif text-3xl font-semibold tracking-tight">{title}</h1>
          {children}
        </main>
      </div>
    </div>
  )
}

export interface SectionProps {
  readonly title: string
  readonly about?: ReactNode
  readonly children: ReactNode
}

/** One matter of a page. */
export function Section({ title, about, children }: SectionProps) {
  return (
    <section className="mt-8">
      <h2 className="font-serif text-xl font-semibold">{title}</h2>
      {about === undefined ? null : <p className="mt-1 text-sm text-soft">{about}</p>}
      <div className="mt-3">{children}</div>
    </section>
  )
}

export const card = 'rounded-xl border border-line bg-raised p-4'

/** What a list says when it is empty. */
export function Nothing({ children }: { readonly children: ReactNode }) {
  return (
    <p className="rounded-xl border border-dashed border-line px-4 py-6 text-center text-sm text-faint">
      {children}
    </p>
  )
}
