import { useQuery } from '@tanstack/react-query'
import { NotThereYet } from '../chat/not-there-yet.tsx'
import type { Session } from '../session/session.ts'
import { Page, Section } from '../ui/page.tsx'
import { KeyForm } from '../console/key-form.tsx'
import { KeyList } from '../console/keys-page.tsx'
import { UsagePanel } from '../console/usage-panel.tsx'
import { accountQuery } from './account.ts'
import { Passkeys } from './passkeys.tsx'
import { Papers } from './paper-list.tsx'
import { PasswordChange } from './password-change.tsx'
import { Readings } from './readings.tsx'
import { SessionList } from './session-list.tsx'
import { AppCodes } from './app-codes.tsx'

/** What concerns oneself: how one signs in, where one is signed in, what one used. */
export function AccountPage({ session }: { readonly session: Session }) {
  return (
    <Page title="Your account">
      {session.kind === 'person' ? <OwnAccount /> : <Visitor session={session} />}
      {session.kind === 'person' ? (
        <Section title="Your keys" about="For programs. They may no more than you.">
          <div className="grid gap-3">
            <KeyForm />
            <KeyList ends />
          </div>
        </Section>
      ) : null}
      <Readings />
      <Papers />
      <Section title="What you used" about="In the last 30 days.">
        <UsagePanel />
      </Section>
    </Page>
  )
}

function Visitor({ session }: { readonly session: Session }) {
  return (
    <p className="mt-2 text-soft">
      {session.kind === 'owner'
        ? 'You came in by the link of whoever runs this server, and may do everything.'
        : `You came in with the key “${session.name}”.`}{' '}
      Passwords, passkeys and sessions belong to people: an admin can send you an invitation.
    </p>
  )
}

function OwnAccount() {
  const { data, error, refetch } = useQuery(accountQuery)
  if (data === undefined) return <NotThereYet error={error} retry={refetch} />
  const { person, organisation } = data
  return (
    <>
      <p className="mt-2 text-soft">
        {person.name}
        {person.email === null || person.email === person.name ? '' : `, ${person.email}`} · {person.role} of{' '}
        {organisation}
      </p>
      {data.fresh ? null : (
        <p className="mt-4 rounded-xl bg-tint px-4 py-3 text-sm">
          You signed in a while ago. To change how you sign in, sign out and in again first.
        </p>
      )}
      <Section title="Password">
        <PasswordChange account={data} />
      </Section>
      <Section
        title="Passkeys"
        about="Your device proves that it is you. Nothing to type, nothing to be phished."
      >
        <Passkeys account={data} />
      </Section>
      <Section title="Codes of an app" about="A second proof, asked for after the password.">
        <AppCodes account={data} />
      </Section>
      <Section title="Where you are signed in">
        <SessionList account={data} />
      </Section>
    </>
  )
}
