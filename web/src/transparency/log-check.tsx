import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { trustAnew, type LogState } from '../log/pin.ts'
import { logQuery } from '../log/watch.tsx'
import { problemOf } from '../server/problem.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { card, Nothing } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'

/** What this browser itself knows of the log: no server can take that back. */
export function LogCheck() {
  const { data, error } = useQuery(logQuery)
  if (data === undefined) return error === null ? null : <Nothing>{problemOf(error).message}</Nothing>
  if (data.kind === 'unchecked') return <p className={`${card} text-sm text-soft`}>Not checked: {data.why}</p>
  const { key, since, size, seen } = data.pin
  return (
    <div className={`${card} text-sm`}>
      {data.kind === 'broken' ? <Broken state={data} /> : null}
      {data.kind === 'new' ? (
        <p className="font-medium">
          This browser sees the log for the first time. From now on it notices when its key or its past
          changes.
        </p>
      ) : null}
      {data.kind === 'kept' ? (
        <p className="font-medium text-accent">
          {size === data.before
            ? `The log is the one that this browser knows, with ${size.toLocaleString()} entries.`
            : `The log only grew: its first ${data.before.toLocaleString()} entries are the same, now it has ${size.toLocaleString()}.`}
        </p>
      ) : null}
      <dl className="mt-3 grid gap-x-6 gap-y-1 sm:grid-cols-[auto_1fr]">
        <dt className="text-faint">Its key</dt>
        <dd className="font-mono text-xs leading-5 break-all">{key}</dd>
        <dt className="text-faint">Known since</dt>
        <dd>
          <When at={since} />
        </dd>
        <dt className="text-faint">Last seen</dt>
        <dd>
          <When at={seen} />, with {size.toLocaleString()} entries
        </dd>
      </dl>
    </div>
  )
}

function Broken({ state: { what, found } }: { readonly state: Extract<LogState, { kind: 'broken' }> }) {
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  return (
    <div className="mb-4 rounded-lg bg-danger-tint p-4 text-danger">
      <p className="font-medium">
        {what === 'key'
          ? 'The server signs with another key than the one that this browser knows.'
          : 'The log that the server shows does not go on from what this browser saw before.'}
      </p>
      <p className="mt-1 text-soft">
        {what === 'key'
          ? 'Whoever runs it may have begun anew with an empty home, or somebody else answers at this address.'
          : 'Its past was changed, or you are shown another log than others. Keep what stands here: it is signed, and proves it.'}{' '}
        Ask whoever runs it, by another way than this server.
      </p>
      <pre className="mt-3 max-h-40 overflow-auto rounded-md bg-code p-3 text-xs whitespace-pre-wrap break-all text-ink">
        {found}
      </pre>
      <Button look="danger" className="mt-3" onClick={() => setAsking(true)}>
        Trust what it shows now
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Trust it anew?"
        text="This browser forgets what it knew of the log. It cannot warn of what was changed before now."
        action="Trust it"
        onConfirm={() => {
          trustAnew()
          void queries.resetQueries({ queryKey: ['log'] })
        }}
      />
    </div>
  )
}
