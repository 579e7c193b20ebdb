import { useQuery } from '@tanstack/react-query'
import { healthQuery } from '../server/queries.ts'
import { useServices } from '../services.tsx'
import { AppLink } from '../ui/app-link.tsx'

/** One quiet line under the composer: what a reader should know, and for the owner, what a server still lacks. */
export function PolicyLine() {
  const { session } = useServices()
  const { data } = useQuery(healthQuery)
  const unguarded = session.kind === 'owner' && data?.policy === 'open'
  return (
    <p className="pt-2 text-center text-xs text-faint">
      {unguarded ? 'No guard is active on this server yet. ' : ''}Models make mistakes; check what matters.{' '}
      <AppLink to="/transparency" className="underline">
        How this server is run
      </AppLink>
    </p>
  )
}
