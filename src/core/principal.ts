import type {
  Account,
  EndUser,
  EntryId,
  KeyId,
  OrganisationId,
  PersonId,
  SessionId,
  SubjectName,
} from './ids.ts'
import type { Usage } from './part.ts'
import type { Subject } from './verdict.ts'

/** What somebody may do in their organisation; the matrix of roles and routes is one table, in access. */
export type Role = 'owner' | 'admin' | 'reviewer' | 'auditor' | 'member'

/** The organisation that every home begins with; its owner is whoever runs the server. */
export const homeOrganisation = 'org_home' as OrganisationId

/** Whose request it is, beyond what it proved itself with. */
export interface Identity {
  readonly organisationId: OrganisationId
  /** Null for keys and sessions that belong to the organisation as a whole. */
  readonly personId: PersonId | null
  readonly role: Role
  /** Of the organisation's own users, the one that it named; null when it named none. */
  readonly endUser: EndUser | null
  /** The client's address, as far as it can be believed. */
  readonly network: string | null
  /** What the client says to tell one device from another; nothing rests on it alone. */
  readonly device?: string | null
}

/** Who is asking. Every later stage is told by this value, never by headers. */
export type Principal = Identity &
  (
    | { readonly kind: 'key'; readonly keyId: KeyId; readonly name: string }
    /** A browser that signed in: by a key, whose fate it shares, as a person, or by the owner's one-time link. */
    | {
        readonly kind: 'session'
        readonly sessionId: SessionId
        readonly keyId: KeyId | null
        readonly name: string
      }
  )

/** The owner at this machine, for a command that works without a server: a session that nobody signed in to. */
export function ownerHere(sessionId: string, name: string): Principal {
  return {
    kind: 'session',
    sessionId: sessionId as SessionId,
    keyId: null,
    name,
    organisationId: homeOrganisation,
    personId: null,
    role: 'owner',
    endUser: null,
    network: null,
  }
}

/** What standing, guard and record are told of a principal. */
export function subjectOf({ organisationId, personId, keyId, endUser, network }: Principal): Subject {
  return { organisationId, personId, keyId, endUser, network }
}

/** Whom something is erased with: the nearest to a person that is known. */
export function subjectName({ organisationId, personId, keyId, endUser }: Subject): SubjectName {
  const name =
    endUser !== null
      ? `user:${organisationId}:${endUser}`
      : personId !== null
        ? `person:${personId}`
        : keyId !== null
          ? `key:${keyId}`
          : `organisation:${organisationId}`
  return name as SubjectName
}

/** What access hands out for one request. */
export interface Admission {
  readonly principal: Principal
  /** Aborted with an `ElpisError` as its reason the moment the principal loses access: ends what is running. */
  readonly revoked: AbortSignal
  /** What it took, as far as is known; to be told before `release`, once, of all that was worked on. */
  settle(usage: Usage | null): void
  /** Must be called once, however the request ends. */
  release(): void
}

/** What is left of the tightest quotas of each kind, for whoever asks; null where nothing bounds them. */
export interface QuotaLeft {
  readonly requests: Left | null
  readonly tokens: Left | null
  readonly inputTokens: Left | null
  readonly outputTokens: Left | null
}

interface Left {
  readonly limit: number
  readonly remaining: number
  /** Until it begins anew. */
  readonly resetMilliseconds: number
}

/** What the edge found in a request, not yet checked. */
export interface Credentials {
  /** The value after `Bearer ` in `Authorization`, or of `x-api-key`; null when the request has neither. */
  readonly bearer: string | null
  /** The value of the session cookie; null when there is none. */
  readonly cookie: string | null
  /** The client's address, as far as it can be believed; null or left out when it is not known. */
  readonly network?: string | null
  /** What the client calls the end user that it asks for, as it came; becomes a keyed hash in access. */
  readonly endUser?: string | null
  /** Of the device cookie of a browser, or of the header by which an application names one. */
  readonly device?: string | null
  /** Told what is left of the quotas, before the work begins or as it is refused. */
  readonly onQuota?: (left: QuotaLeft) => void
  /** Work that a key ordered earlier and that goes on without it. Made by this server only: no header says this. */
  readonly onBehalfOf?: KeyId
  /** Told the entry of the request once it is accepted, before anything is answered: it is the receipt. */
  readonly accepted?: (entry: EntryId) => void
}

/** Whose things these are: a key's, also those made in a browser that signed in with it; a person's; or the owner's. */
export function accountOf({
  keyId,
  personId = null,
}: {
  readonly keyId: KeyId | null
  readonly personId?: PersonId | null
}): Account {
  return (keyId ?? personId ?? 'owner') as string as Account
}
