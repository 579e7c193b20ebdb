/**
 * What was done to this server, as against what was asked of its models. Every act is an entry of the transparency log
 * beside the requests, so that the operator is checked as well. Stages that change something for somebody are given `Acts`.
 */
import type { EntryId } from './ids.ts'

/** What kinds of acts there are, each with what the log says of it. */
export const actKinds = {
  'server-started': 'The server was about to open its port.',
  'server-stopped': 'The server was shut down in order.',
  'server-reconciled': 'Requests that were cut off when a server died were closed.',
  'key-created': 'An API key was made.',
  'key-rotated': 'A service key was given another secret.',
  'key-revoked': 'An API key was revoked.',
  'person-changed': 'Somebody was added or removed, or given another name or role.',
  'person-invited': 'Somebody was given a link to sign in by.',
  'sign-in-changed': 'Somebody set, added or removed a way to sign in.',
  'organisation-changed': 'An organisation was added or removed.',
  'quota-changed': 'A quota was set or removed.',
  'standing-changed': 'Somebody was warned, restricted, suspended, banned or let back.',
  'grave-act': 'Somebody asked for what takes two people, or confirmed it as the second.',
  'appeal-opened': 'Somebody appealed.',
  'appeal-decided': 'An appeal was decided.',
  'policy-changed': 'A guard policy came into force.',
  'settings-in-force': 'The settings that a server runs by, by their digest.',
  'model-loaded': 'A model or adapter is served.',
  'model-unloaded': 'A model or adapter is served no more.',
  'licence-accepted': 'A licence, or the terms of this server, was accepted.',
  'retention-applied': 'Content was deleted because its time was over.',
  'content-read': "Somebody read a person's content, and why.",
  'content-erased': "A person's content was erased.",
  'content-exported': 'Content or entries were exported.',
  'incident-changed': 'An incident was opened, changed or reported.',
  'stop-changed': 'Models were stopped, or allowed again.',
} as const

export type ActKind = keyof typeof actKinds

/** One thing that was done. No secrets, no content: ids, names, digests, numbers. */
export interface Act {
  readonly kind: ActKind
  /** Who did it: a key's or person's id, `owner`, or `server` for what happens by itself. */
  readonly by: string
  /** Whom or what it is about: an id, a model's name; null when there is nothing to name. */
  readonly about: string | null
  /** Small facts, such as `{ rung: 'ban', case: 'case_…' }`; the entry must stay under 1 KB. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

/** An act as its entry in the log, complete: whatever makes the change appends it in the same transaction. */
export interface ActLeaf {
  readonly id: EntryId
  /** Base64 of the leaf's hash. */
  readonly hash: string
  readonly body: string
}

export interface Acts {
  /**
   * Writes the act into the log; durable when it resolves. For what is no change of the database, or the first thing done
   * about one; do it before it is acknowledged.
   *
   * @throws `audit_unavailable` when the log cannot be written: then the act must not be done
   */
  record(act: Act): Promise<EntryId>
  /**
   * Writes the act in the transaction of the change itself: neither is ever without the other.
   *
   * @param change gives the entry to the store that makes the change; null where there is no log
   * @returns what `change` did; null or false says that nothing was changed, and nothing recorded
   */
  within<Changed>(act: Act, change: (entry: ActLeaf | null) => Promise<Changed>): Promise<Changed>
}

/** For tests of other stages, and commands without a log. @public */
export const noActs: Acts = {
  record: async () => 'ent_none' as EntryId,
  within: (_act, change) => change(null),
}
