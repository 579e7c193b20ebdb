import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { NotThereYet } from '../chat/not-there-yet.tsx'
import { Figure, Figures } from '../console/figures.tsx'
import { logQuery } from '../log/watch.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { download } from '../ui/download.ts'
import { card, Nothing, Page, Section } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'
import { LogCheck } from './log-check.tsx'
import { statementQuery, type Statement } from './statement.ts'
import { useSignature } from './use-signature.ts'

/** How this server is run, for anybody: what it adds up to in its log, signed. */
export function TransparencyPage() {
  const { data, error, refetch } = useQuery(statementQuery)
  return (
    <Page title="How this server is run">
      {data === undefined ? (
        <div className="mt-6">
          <NotThereYet error={error} retry={refetch} />
        </div>
      ) : (
        <Said statement={data.statement} note={data.note} />
      )}
    </Page>
  )
}

function Said({ statement, note }: { readonly statement: Statement; readonly note: string }) {
  const { at, size, began, witnesses, requests, blocked, interrupted, content, standing, appeals } = statement
  const barred = standing.suspended + standing.banned
  return (
    <>
      <p className="mt-2 text-soft">
        Added up from the {size.toLocaleString()} entries of the transparency log
        {began === null ? '' : ' since '}
        {began === null ? null : <When at={began} />}, as of <When at={at} />. Whoever remembers the log sees
        when any of it is changed later.
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Signed note={note} />
        {witnesses.length === 0 ? (
          <Badge look="bad">unwitnessed</Badge>
        ) : (
          witnesses.map((name) => (
            <Badge key={name} look="good">
              {`witnessed by ${name}`}
            </Badge>
          ))
        )}
      </div>
      {witnesses.length === 0 ? (
        <p className="mt-2 text-sm text-soft">
          Unwitnessed: nobody else signs this log, so that whoever runs the server could show another one to
          others. What this browser saw before, it does check.
        </p>
      ) : null}
      <Figures>
        <Figure name="Requests" value={requests.toLocaleString()} more={`${interrupted} interrupted`} />
        <Figure name="Blocked" value={blocked.toLocaleString()} more="by the guard" />
        <Figure name="Suspended, banned" value={barred.toLocaleString()} more={`${standing.lifted} lifted`} />
        <Figure name="Warned, restricted" value={(standing.warned + standing.restricted).toLocaleString()} />
        <Figure
          name="Appeals decided"
          value={appeals.decided.toLocaleString()}
          more={`${appeals.overturned} overturned`}
        />
        <Figure name="Content read" value={content.read.toLocaleString()} more={`${content.erased} erased`} />
      </Figures>
      <Section title="Policies in force" about="Each by the digest of all that it says.">
        <Policies statement={statement} />
      </Section>
      <Section title="What is kept">
        <p className={`${card} text-sm`}>{retentionWords(statement.retention)}</p>
      </Section>
      <Section title="What this browser knows" about="It remembers the key and the last state of the log.">
        <LogCheck />
      </Section>
      <Section title="What was done" about="By whoever runs the server, and by the server itself.">
        <Acts acts={statement.acts} />
      </Section>
      <Section
        title="Check it yourself"
        about="With the public key alone, got by another way than this server."
      >
        <div className={card}>
          <pre className="overflow-x-auto rounded-md bg-code p-3 text-xs">
            {`curl -s ${location.origin}/log/transparency > statement.json
elpis audit verify transparency statement.json --key log.pub
elpis audit verify log ${location.origin}/log --key log.pub --hashes`}
          </pre>
          <Button
            icon={Download}
            className="mt-3"
            onClick={() => download('transparency.note', 'text/plain', note)}
          >
            The signed statement
          </Button>
        </div>
      </Section>
    </>
  )
}

function Signed({ note }: { readonly note: string }) {
  const { data } = useQuery(logQuery)
  const signed = useSignature(note, data !== undefined && 'pin' in data ? data.pin.key : null)
  if (signed === null) return <Badge>signature not checked</Badge>
  return signed ? (
    <Badge look="good">signed</Badge>
  ) : (
    <Badge look="bad">not signed by the key known here</Badge>
  )
}

function Policies({ statement: { policies, policy } }: { readonly statement: Statement }) {
  if (policies.length === 0) return <Nothing>{`The guard's policy is ${policy}.`}</Nothing>
  return (
    <ul className="divide-y divide-line rounded-xl border border-line bg-raised text-sm">
      {policies.map(({ name, version, since }) => (
        <li key={name} className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-3">
          <span className="font-medium">{name}</span>
          {policy === version || policy.startsWith(`${name}@`) ? (
            <Badge look="good">for the server as a whole</Badge>
          ) : null}
          <span className="font-mono text-xs break-all text-faint">{version}</span>
          <span className="ml-auto text-xs text-faint">
            since <When at={since} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function retentionWords({ keep, days }: Statement['retention']): ReactNode {
  if (keep === 'none') return 'Nothing of what is asked and answered is kept.'
  const what =
    keep === 'all' ? 'What is asked and answered' : 'Of what is asked and answered, what the guard flagged'
  return `${what} is kept for ${days} ${days === 1 ? 'day' : 'days'}, encrypted with a key of that person. Whoever reads it must say why; that is an entry of the log, and the person is told.`
}

function Acts({ acts }: { readonly acts: Statement['acts'] }) {
  const kinds = Object.entries(acts).toSorted(([, one], [, other]) => other - one)
  if (kinds.length === 0) return <Nothing>Nothing yet.</Nothing>
  return (
    <dl
      className={`${card} grid grid-cols-[1fr_auto] gap-x-6 gap-y-1 text-sm sm:grid-cols-[1fr_auto_1fr_auto]`}
    >
      {kinds.map(([kind, number]) => (
        <div key={kind} className="contents">
          <dt className="text-soft">{kind.replaceAll('-', ' ')}</dt>
          <dd className="text-end tabular-nums">{number.toLocaleString()}</dd>
        </div>
      ))}
    </dl>
  )
}
