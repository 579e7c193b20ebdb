import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import { AppLink } from '../ui/app-link.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { download } from '../ui/download.ts'
import { Field } from '../ui/field.tsx'
import { card, Nothing, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { Figure, Figures } from './figures.tsx'
import { entriesQuery, entryQuery, logStateQuery, type LogEntry, type PlacedEntry } from './log-entries.ts'

/** The transparency log: how it stands, one entry with its proof, and the latest. */
export function AuditPage() {
  const [sought, setSought] = useState<string | null>(null)
  return (
    <>
      <State />
      <Section
        title="Find an entry"
        about="By the id of a receipt, as it stands in the header elpis-receipt. Its proof is checked in this browser."
      >
        <Search onSearch={setSought} />
        {sought === null ? null : <Found key={sought} id={sought} />}
      </Section>
      <Section title="The latest entries" about="Commitments, verdicts and acts; never what was said.">
        <Latest onChoose={setSought} />
      </Section>
    </>
  )
}

function State() {
  const { data, error } = useQuery(logStateQuery)
  if (data === undefined)
    return error === null ? null : <p className="mt-5 text-sm text-danger">{problemOf(error).message}</p>
  const { origin, key, size, signed, open, checkpoint, witnesses } = data
  const signing = witnesses.filter(({ signed_at }) => signed_at !== null).length
  return (
    <>
      <Figures>
        <Figure name="Entries" value={size.toLocaleString()} />
        <Figure name="Under a checkpoint" value={signed.toLocaleString()} />
        <Figure name="Being answered" value={open >= 1000 ? '1000 or more' : String(open)} />
        <Figure name="Witnesses" value={`${signing} of ${witnesses.length}`} more="signed the last one" />
      </Figures>
      <div className={`${card} mt-3 text-sm`}>
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{origin}</span>
          {witnesses.length === 0 ? <Badge look="bad">unwitnessed</Badge> : null}
          {witnesses.map(({ name, signed_at }) => (
            <Badge key={name} look={signed_at === null ? 'bad' : 'good'}>
              {signed_at === null ? `not signed by ${name}` : `witnessed by ${name}`}
            </Badge>
          ))}
        </p>
        <p className="mt-2 text-xs text-faint">Public key</p>
        <p className="font-mono text-xs break-all">{key}</p>
        <p className="mt-2 text-xs text-faint">Last checkpoint</p>
        <pre className="overflow-x-auto font-mono text-xs break-all whitespace-pre-wrap">{checkpoint}</pre>
        <AppLink to="/transparency" className="mt-2 inline-block underline">
          What everybody is told
        </AppLink>
      </div>
    </>
  )
}

function Search({ onSearch }: { readonly onSearch: (id: string) => void }) {
  const [id, setId] = useState('')
  return (
    <form
      className={`${card} grid items-end gap-3 sm:grid-cols-[1fr_auto]`}
      onSubmit={(event) => {
        event.preventDefault()
        if (id.trim() !== '') onSearch(id.trim())
      }}
    >
      <Field
        label="Receipt"
        value={id}
        onChange={(event) => setId(event.target.value)}
        placeholder="ent_…"
        autoCapitalize="none"
        spellCheck={false}
      />
      <Button type="submit" look="primary" disabled={id.trim() === ''} className="min-h-[2.375rem]">
        Find
      </Button>
    </form>
  )
}

function Found({ id }: { readonly id: string }) {
  const { data, error } = useQuery(entryQuery(id))
  if (data === undefined) return error === null ? null : <ProblemLine error={error} />
  const { position, entry, proof, holds } = data
  return (
    <article aria-label="The entry" className={`${card} mt-3`}>
      <p className="flex flex-wrap items-center gap-2 text-sm">
        <span className="font-medium">Entry {position.toLocaleString()}</span>
        {holds === null ? <Badge>proof not checked here</Badge> : null}
        {holds === true ? <Badge look="good">proven to be in the log</Badge> : null}
        {holds === false ? <Badge look="bad">NOT PROVEN</Badge> : null}
      </p>
      <pre className="mt-3 overflow-x-auto rounded-md bg-code p-3 text-xs break-words whitespace-pre-wrap">
        {JSON.stringify(entry, null, 2)}
      </pre>
      <Button
        icon={Download}
        className="mt-3"
        onClick={() => download(`${entry.id}.tlog-proof`, 'text/plain', proof)}
      >
        The proof
      </Button>
    </article>
  )
}

function Latest({ onChoose }: { readonly onChoose: (id: string) => void }) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(entriesQuery)
  if (data === undefined) return error === null ? null : <Nothing>{problemOf(error).message}</Nothing>
  const entries = data.pages.flatMap((page) => page.entries)
  if (entries.length === 0 && !hasNextPage) return <Nothing>There are none that you may see.</Nothing>
  return (
    <>
      <ol className="divide-y divide-line rounded-xl border border-line bg-raised">
        {entries.map((placed) => (
          <Row key={placed.position} placed={placed} onChoose={onChoose} />
        ))}
      </ol>
      {hasNextPage ? (
        <Button className="mt-3" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Earlier ones
        </Button>
      ) : null}
    </>
  )
}

interface RowProps {
  readonly placed: PlacedEntry
  readonly onChoose: (id: string) => void
}

function Row({ placed: { position, entry }, onChoose }: RowProps) {
  return (
    <li>
      <button
        type="button"
        onClick={() => {
          onChoose(entry.id)
          scrollTo({ top: 0 })
        }}
        className="flex w-full flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2 text-start text-sm hover:bg-hover"
      >
        <span className="w-12 text-xs text-faint tabular-nums">{position.toLocaleString()}</span>
        <Badge look={isBad(entry) ? 'bad' : 'plain'}>
          {entry.type === 'act' ? entry.kind.replaceAll('-', ' ') : entry.kind}
        </Badge>
        <span className="order-last min-w-0 basis-full text-xs sm:order-none sm:flex-1 sm:basis-40 break-words text-soft">
          {wordsOf(entry)}
        </span>
        <span className="ml-auto text-xs text-faint">
          <When at={entry.type === 'act' ? entry.at : entry.opened} />
        </span>
      </button>
    </li>
  )
}

function isBad(entry: LogEntry): boolean {
  if (entry.type === 'act') return entry.kind === 'standing-changed' || entry.kind === 'stop-changed'
  const blocked = [entry.input_verdict, entry.output_verdict].some(
    (verdict) => verdict !== null && verdict.outcome !== 'allow',
  )
  return blocked || entry.outcome !== 'finished'
}

function wordsOf(entry: LogEntry): string {
  if (entry.type === 'act') {
    const facts = Object.entries(entry.details).map(([name, value]) => `${name} ${String(value)}`)
    return [`by ${entry.by}`, ...(entry.about === null ? [] : [entry.about]), ...facts].join(' · ')
  }
  const hazards = [entry.input_verdict, entry.output_verdict].flatMap((verdict) => verdict?.hazards ?? [])
  return [
    entry.model,
    entry.outcome,
    ...(entry.error === null ? [] : [entry.error]),
    ...new Set(hazards),
  ].join(' · ')
}
