import { Badge } from '../ui/badge.tsx'
import { card, Nothing, Section } from '../ui/page.tsx'
import { Figure, Figures } from './figures.tsx'
import { Line } from './line.tsx'
import { useLive, type Happening, type Moment } from './use-live.ts'

/** What the server does at this moment. */
export function LivePage() {
  const { moments, happenings, connected } = useLive()
  const now = moments.at(-1)
  if (now === undefined) {
    return <p className="mt-6 text-soft">{connected ? 'The first second comes…' : 'Connecting…'}</p>
  }
  const queued = now.models.reduce((sum, model) => sum + model.queued, 0)
  return (
    <>
      {connected ? null : (
        <p role="status" className="mt-3 rounded-xl bg-danger-tint px-4 py-3 text-sm text-danger">
          The connection is lost; what is shown is old. It is tried again.
        </p>
      )}
      <Figures>
        <Figure name="Running" value={String(now.running)} />
        <Figure name="Waiting" value={String(queued)} />
        <Figure name="Tokens a second" value={now.tokensPerSecond.toFixed(1)} />
        <Figure
          name="Requests"
          value={now.requests.toLocaleString()}
          more={`${now.failed.toLocaleString()} failed`}
        />
        <Figure name="Guard hits" value={now.guardHits.toLocaleString()} />
        <Figure name="Memory" value={bytes(now.serverMemoryBytes)} more="of the server" />
      </Figures>
      <Section title="Tokens a second" about="The last two minutes.">
        <div className={card}>
          <Line values={moments.map(({ tokensPerSecond }) => tokensPerSecond)} label="Tokens a second" />
        </div>
      </Section>
      <Models models={now.models} />
      <Streams streams={now.streams} />
      <Section title="What happened">
        {happenings.length === 0 ? (
          <Nothing>Nothing yet.</Nothing>
        ) : (
          <ol className="divide-y divide-line rounded-xl border border-line bg-raised">
            {happenings.map((happening) => (
              <HappeningRow key={`${happening.type}:${happening.id}`} happening={happening} />
            ))}
          </ol>
        )}
      </Section>
    </>
  )
}

function Models({ models }: { readonly models: Moment['models'] }) {
  return (
    <Section title="Models">
      <ul className="grid gap-2 sm:grid-cols-2">
        {models.map(({ model, state, active, queued, memoryBytes }) => (
          <li key={model} className={card}>
            <p className="flex items-center justify-between gap-2">
              <span className="truncate font-medium">{model}</span>
              <Badge look={state === 'ready' ? 'good' : 'plain'}>{state}</Badge>
            </p>
            <p className="mt-1 text-sm text-soft tabular-nums">
              {active} running · {queued} waiting{memoryBytes === null ? '' : ` · ${bytes(memoryBytes)}`}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Streams({ streams }: { readonly streams: Moment['streams'] }) {
  if (streams.length === 0) return null
  return (
    <Section title="Streams">
      <div className="overflow-x-auto rounded-xl border border-line bg-raised">
        <table className="w-full text-sm tabular-nums">
          <thead className="text-start text-xs text-faint">
            <tr>
              {['Account', 'Model', 'Seconds', 'Tokens'].map((name) => (
                <th key={name} className="px-4 py-2 text-start font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {streams.map(({ id, account, model, seconds, tokens }) => (
              <tr key={id}>
                <td className="px-4 py-2 font-mono text-xs">{account}</td>
                <td className="px-4 py-2">{model}</td>
                <td className="px-4 py-2">{seconds.toFixed(1)}</td>
                <td className="px-4 py-2">{tokens}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

const names: Readonly<Record<string, string>> = {
  'request-ended': 'Request ended',
  'guard-hit': 'Guard',
  alert: 'Alert',
  'standing-act': 'Standing',
}

/** Long, and of no use to the eye. */
const identifying = new Set(['id', 'entry', 'kind'])

function HappeningRow({ happening: { type, at, facts } }: { readonly happening: Happening }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2 text-sm">
      <time className="text-xs text-faint tabular-nums">{new Date(at).toLocaleTimeString()}</time>
      <Badge look={type === 'request-ended' ? 'plain' : 'bad'}>{names[type] ?? type}</Badge>
      <span className="min-w-0 flex-1 basis-60 text-xs break-words text-soft">
        {facts
          .filter(([name]) => !identifying.has(name))
          .map(([name, value]) => `${name} ${value}`)
          .join(' · ')}
      </span>
    </li>
  )
}

function bytes(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} GB` : `${Math.round(count / 1e6)} MB`
}
