import { useQuery } from '@tanstack/react-query'
import { Gavel } from 'lucide-react'
import { AppLink } from '../ui/app-link.tsx'
import { When } from '../ui/when.tsx'
import { ownCaseQuery, ownCasesQuery, type OwnCase } from './own-case.ts'

type Measure = OwnCase['measures'][number]

const gravity = ['warned', 'restricted', 'suspended', 'banned']

/** Tells whoever was warned, restricted or kept out that they were, why, and where to appeal. */
export function StandingNotice() {
  const { data } = useQuery(ownCasesQuery)
  const open = data?.cases.find(({ state }) => state === 'open')
  return open === undefined ? null : <CaseNotice id={open.id} />
}

function CaseNotice({ id }: { readonly id: string }) {
  const { data } = useQuery(ownCaseQuery(id))
  const gravest = data?.measures
    .filter(({ in_force }) => in_force)
    .toSorted((one, other) => gravity.indexOf(other.what) - gravity.indexOf(one.what))[0]
  return gravest === undefined ? null : <Notice id={id} measure={gravest} />
}

function Notice({
  id,
  measure: { what, means, why, until },
}: {
  readonly id: string
  readonly measure: Measure
}) {
  const barred = what === 'suspended' || what === 'banned'
  return (
    <aside
      role="status"
      aria-label="Your standing"
      className={`mb-2 flex gap-3 rounded-xl px-4 py-3 text-sm ${barred ? 'bg-danger-tint' : 'bg-tint'}`}
    >
      <Gavel aria-hidden className={`mt-0.5 size-4 shrink-0 ${barred ? 'text-danger' : 'text-accent'}`} />
      <div className="min-w-0">
        <p className={`font-medium ${barred ? 'text-danger' : 'text-accent'}`}>{means}</p>
        <p className="mt-0.5 break-words text-soft">
          {why}{' '}
          {until === null ? null : (
            <>
              Until <When at={until} />.
            </>
          )}
        </p>
        <AppLink to={`/case/${id}`} className="mt-1 inline-block font-medium underline">
          Your case, and how to appeal
        </AppLink>
      </div>
    </aside>
  )
}
