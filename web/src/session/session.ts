import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'
import { ProblemError, problemOf, type Problem } from '../server/problem.ts'

export const sessionSchema = z.object({
  name: z.string(),
  kind: z.enum(['owner', 'person', 'key']),
  role: z.enum(['owner', 'admin', 'reviewer', 'auditor', 'member']),
  organisation_id: z.string(),
  at_home: z.boolean(),
  person_id: z.nullable(z.string()),
})

/** Who is signed in. */
export type Session = z.infer<typeof sessionSchema>

/** The answer to "who is signed in?". */
export interface SignedIn {
  /** Null for nobody. */
  readonly session: Session | null
  /** Why a link did not let anybody in; null when there was none. */
  readonly refused: Problem | null
}

/** What proves who somebody is: the token of a one-time link, or a key. Never kept by this page. */
export type Proof = { readonly token: string } | { readonly key: string }

export function signIn(proof: Proof): Promise<Session> {
  return callFor(sessionSchema, '/web/session', { method: 'POST', body: proof })
}

/** What a person's things are kept under in this browser, apart from those of others who use it. */
export function scopeOf({ kind, name, person_id }: Session): string {
  return `${kind}:${person_id ?? name}`
}

export async function signOut(): Promise<void> {
  await call('/web/session', { method: 'DELETE' })
}

/** The answer to "who is signed in?", tried with the token of a link first when the address held one. */
export async function findSession(token: string | null): Promise<SignedIn> {
  let refused: Problem | null = null
  if (token !== null) {
    try {
      return { session: await signIn({ token }), refused: null }
    } catch (thrown) {
      refused = problemOf(thrown)
    }
  }
  try {
    // A used link is no harm to somebody who is signed in already.
    return { session: await callFor(sessionSchema, '/web/session'), refused: null }
  } catch (thrown) {
    if (thrown instanceof ProblemError && thrown.problem.status === 401) return { session: null, refused }
    throw thrown
  }
}

/** A one-time token works once: the query hands it over at its first run and never again. */
export function sessionQuery(takeToken: () => string | null) {
  return queryOptions({
    queryKey: ['session'],
    queryFn: () => findSession(takeToken()),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
