import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Eye, EyeOff } from 'lucide-react'
import { useId, useState } from 'react'
import { problemOf, type Problem } from '../server/problem.ts'
import { ThemeButton } from '../settings/theme-choice.tsx'
import { Button, IconButton } from '../ui/button.tsx'
import { Mark } from '../ui/mark.tsx'
import { touch, useMedia } from '../ui/media.ts'
import { signIn, type SignedIn } from './session.ts'

export interface SignInPageProps {
  /** Why a link did not let anybody in; null when there was none. */
  readonly refused: Problem | null
}

/** For everybody who is not signed in, whatever they came for: afterwards they are there. */
export function SignInPage({ refused }: SignInPageProps) {
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const [shown, setShown] = useState(false)
  const onGlass = useMedia(touch)
  const field = useId()
  const signingIn = useMutation({
    mutationFn: () => signIn({ key: key.trim() }),
    onSuccess: (session) => {
      queries.setQueryData<SignedIn>(['session'], { session, refused: null })
    },
  })
  const failed = signingIn.error === null ? null : problemOf(signingIn.error)
  return (
    <div className="relative grid min-h-full place-items-center p-5 safe-bottom">
      <div className="absolute top-3 right-3">
        <ThemeButton />
      </div>
      <main className="w-full max-w-sm animate-rise">
        <Mark className="size-14" />
        <h1 className="mt-5 font-serif text-3xl font-semibold tracking-tight">Welcome to Elpis</h1>
        <p className="mt-2 text-soft">Open models, on a machine that you know.</p>
        {refused === null ? null : <RefusedLink problem={refused} />}
        <form
          className="mt-7"
          onSubmit={(event) => {
            event.preventDefault()
            if (key.trim() !== '') signingIn.mutate()
          }}
        >
          <label htmlFor={field} className="text-sm font-medium">
            Your key
          </label>
          <div className="mt-1.5 flex items-center rounded-xl border border-edge bg-raised pr-1 focus-within:border-accent">
            <input
              id={field}
              type={shown ? 'text' : 'password'}
              value={key}
              onChange={(event) => setKey(event.target.value)}
              placeholder="elpis-…"
              autoComplete="current-password"
              autoCapitalize="none"
              spellCheck={false}
              autoFocus={!onGlass}
              aria-invalid={failed !== null}
              aria-describedby={failed === null ? undefined : `${field}-problem`}
              className="min-w-0 flex-1 rounded-xl bg-transparent px-3.5 py-3 font-mono placeholder:text-faint focus-visible:outline-none"
            />
            <IconButton
              icon={shown ? EyeOff : Eye}
              label={shown ? 'Hide the key' : 'Show the key'}
              onClick={() => setShown(!shown)}
            />
          </div>
          {failed === null ? null : (
            <p id={`${field}-problem`} role="alert" className="mt-2 text-sm text-danger">
              {failed.message} {failed.status === 401 ? 'Check it for missing characters.' : failed.hint}
            </p>
          )}
          <Button
            type="submit"
            look="primary"
            disabled={key.trim() === '' || signingIn.isPending}
            className="mt-4 min-h-12 w-full rounded-xl text-base"
          >
            {signingIn.isPending ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
        <section className="mt-8 border-t border-line pt-5 text-sm text-soft">
          <h2 className="font-medium text-ink">No key?</h2>
          <p className="mt-1.5">
            On the machine that runs the server, <Command>elpis keys link</Command> prints a link that signs
            you in, once. <Command>elpis keys create --name you</Command> makes a key that lasts.
          </p>
        </section>
      </main>
    </div>
  )
}

function RefusedLink({ problem }: { readonly problem: Problem }) {
  // Only a refusal is about the link; a server that cannot be reached says so in its own words.
  const aboutLink = problem.status !== null && problem.status < 500
  return (
    <div role="alert" className="mt-6 rounded-xl bg-danger-tint px-4 py-3 text-sm">
      <p className="font-medium text-danger">
        {aboutLink ? 'This sign-in link does not work any more.' : problem.message}
      </p>
      <p className="mt-1 text-soft">
        {aboutLink ? (
          <>
            It works once, and only for a while. Get a new one with <Command>elpis keys link</Command>, or use
            a key.
          </>
        ) : (
          problem.hint
        )}
      </p>
    </div>
  )
}

function Command({ children }: { readonly children: string }) {
  return (
    <code className="rounded-md bg-bubble px-1.5 py-0.5 font-mono text-[0.9em] whitespace-nowrap text-ink">
      {children}
    </code>
  )
}
