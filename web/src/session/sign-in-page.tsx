import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fingerprint, KeyRound, LogIn, Mail } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Problem } from '../server/problem.ts'
import { ThemeButton } from '../settings/theme-choice.tsx'
import { AppLink } from '../ui/app-link.tsx'
import { Button } from '../ui/button.tsx'
import { Field, SecretField } from '../ui/field.tsx'
import { Mark } from '../ui/mark.tsx'
import { touch, useMedia } from '../ui/media.ts'
import { ProblemLine } from '../ui/problem-line.tsx'
import { CodeForm } from './code-form.tsx'
import { RefusedLink, RefusedProvider } from './refusals.tsx'
import { signIn, type Session, type SignedIn } from './session.ts'
import {
  leaveForProvider,
  passkeysWork,
  providersQuery,
  signInByPasskey,
  signInByPassword,
  type NeedsCode,
} from './ways-in.ts'

export interface SignInPageProps {
  /** Why a link did not let anybody in; null when there was none. */
  readonly refused: Problem | null
}

/** Puts whoever came in into the page. */
export function useEntered(): (session: Session) => void {
  const queries = useQueryClient()
  return (session) => queries.setQueryData<SignedIn>(['session'], { session, refused: null })
}

/** For everybody who is not signed in, whatever they came for: afterwards they are there. */
export function SignInPage({ refused }: SignInPageProps) {
  const entered = useEntered()
  const [way, setWay] = useState<'key' | 'password'>('key')
  const [step, setStep] = useState<string | null>(null)
  const { data } = useQuery(providersQuery)
  const onOutcome = (outcome: Session | NeedsCode) =>
    'needs' in outcome ? setStep(outcome.step) : entered(outcome)
  const passkey = useMutation({ mutationFn: signInByPasskey, onSuccess: entered })
  const leave = useMutation({ mutationFn: leaveForProvider })
  return (
    <Welcome>
      {refused === null ? null : <RefusedLink problem={refused} />}
      <RefusedProvider />
      {step !== null ? (
        <CodeForm step={step} onEntered={entered} onBack={() => setStep(null)} />
      ) : (
        <>
          {way === 'key' ? <KeyForm onEntered={entered} /> : <PasswordForm onOutcome={onOutcome} />}
          <div className="mt-6 flex items-center gap-3 text-xs text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            or
          </div>
          <div className="mt-4 grid gap-2">
            {way === 'key' ? (
              <Button icon={Mail} className="min-h-11 w-full" onClick={() => setWay('password')}>
                Use e-mail and password
              </Button>
            ) : (
              <Button icon={KeyRound} className="min-h-11 w-full" onClick={() => setWay('key')}>
                Use a key
              </Button>
            )}
            {passkeysWork() ? (
              <Button
                icon={Fingerprint}
                className="min-h-11 w-full"
                disabled={passkey.isPending}
                onClick={() => passkey.mutate()}
              >
                Use a passkey
              </Button>
            ) : null}
            {data?.providers.map(({ id, title }) => (
              <Button
                key={id}
                icon={LogIn}
                className="min-h-11 w-full"
                disabled={leave.isPending}
                onClick={() => leave.mutate(id)}
              >
                Continue with {title}
              </Button>
            ))}
          </div>
          <ProblemLine error={passkey.error ?? leave.error} />
        </>
      )}
      <section className="mt-8 border-t border-line pt-5 text-sm text-soft">
        <h2 className="font-medium text-ink">No key?</h2>
        <p className="mt-1.5">
          On the machine that runs the server, <Command>elpis keys link</Command> prints a link that signs you
          in, once. <Command>elpis keys create --name you</Command> makes a key that lasts. An invitation lets
          you in by a link, too.
        </p>
        <AppLink to="/transparency" className="mt-3 inline-block underline">
          How this server is run
        </AppLink>
      </section>
    </Welcome>
  )
}

/** What stands around every way in. */
export function Welcome({ children }: { readonly children: ReactNode }) {
  return (
    <div className="relative grid min-h-full place-items-center p-5 safe-bottom">
      <div className="absolute top-3 right-3">
        <ThemeButton />
      </div>
      <main className="w-full max-w-sm animate-rise">
        <Mark className="size-14" />
        <h1 className="mt-5 font-serif text-3xl font-semibold tracking-tight">Welcome to Elpis</h1>
        <p className="mt-2 text-soft">Open models, on a machine that you know.</p>
        {children}
      </main>
    </div>
  )
}

function KeyForm({ onEntered }: { readonly onEntered: (session: Session) => void }) {
  const [key, setKey] = useState('')
  const onGlass = useMedia(touch)
  const signingIn = useMutation({ mutationFn: () => signIn({ key: key.trim() }), onSuccess: onEntered })
  return (
    <form
      className="mt-7"
      onSubmit={(event) => {
        event.preventDefault()
        if (key.trim() !== '') signingIn.mutate()
      }}
    >
      <SecretField
        label="Your key"
        value={key}
        onChange={(event) => setKey(event.target.value)}
        placeholder="elpis-…"
        autoComplete="current-password"
        autoFocus={!onGlass}
        aria-invalid={signingIn.error !== null}
      />
      <ProblemLine error={signingIn.error} />
      <Button
        type="submit"
        look="primary"
        disabled={key.trim() === '' || signingIn.isPending}
        className="mt-4 min-h-12 w-full rounded-xl text-base"
      >
        {signingIn.isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function PasswordForm({ onOutcome }: { readonly onOutcome: (outcome: Session | NeedsCode) => void }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signingIn = useMutation({
    mutationFn: () => signInByPassword(email, password),
    onSuccess: onOutcome,
  })
  const ready = email.trim() !== '' && password !== ''
  return (
    <form
      className="mt-7 grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) signingIn.mutate()
      }}
    >
      <Field
        label="E-mail"
        type="email"
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        autoComplete="username"
        autoFocus
      />
      <SecretField
        label="Password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="current-password"
      />
      <ProblemLine error={signingIn.error} />
      <Button
        type="submit"
        look="primary"
        disabled={!ready || signingIn.isPending}
        className="min-h-12 w-full rounded-xl text-base"
      >
        {signingIn.isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function Command({ children }: { readonly children: string }) {
  return (
    <code className="rounded-md bg-bubble px-1.5 py-0.5 font-mono text-[0.9em] whitespace-nowrap text-ink">
      {children}
    </code>
  )
}
