import type { OrganisationId } from '../../core/ids.ts'
import type { Principal } from '../../core/principal.ts'

/** What is counted. `cost` is in billionths of the currency, `streams` is what runs at the same time. */
export const meters = ['requests', 'input_tokens', 'output_tokens', 'cost', 'streams'] as const
export type Meter = (typeof meters)[number]

/** In universal time, each beginning anew at its first moment. */
export const periods = ['minute', 'day', 'month'] as const
export type Period = (typeof periods)[number]

/** Kinds of those who can be bounded; `server` is all of them together. */
export const subjectKinds = ['key', 'person', 'org', 'user', 'server'] as const

/** Most of something, for somebody. */
export interface Quota {
  /** `quota_…` */
  readonly id: string
  /** `key:ID`, `person:ID`, `org:ID`, `user:HASH`; with `*` in place of the id, each of them by itself; `server`. */
  readonly subject: string
  /** Null: set by whoever runs the server, for all organisations; else it binds that one's own only. */
  readonly organisationId: OrganisationId | null
  /** This model only, its adapters included; null means all. */
  readonly model: string | null
  readonly meter: Meter
  /** Null for streams. */
  readonly period: Period | null
  readonly amount: number
  readonly createdAt: number
}

/** One moment's bound on one counter, and how much of it somebody wants. */
export interface Claim {
  readonly quota: Quota
  /** The quota, and whom it counts where that is each of many. */
  readonly counter: string
  /** The period, as its first moment. */
  readonly start: number
  readonly resetsAt: number
  readonly amount: number
}

/** Streams have no period: they are given back when they end. */
const never = 8_640_000_000_000_000

/** The first moment of the period that `now` is in, and of the next. */
export function windowOf(period: Period | null, now: number): { start: number; resetsAt: number } {
  if (period === null) return { start: 0, resetsAt: never }
  if (period !== 'month') {
    const length = period === 'minute' ? 60_000 : 86_400_000
    const start = now - (now % length)
    return { start, resetsAt: start + length }
  }
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { start: Date.UTC(year, month, 1), resetsAt: Date.UTC(year, month + 1, 1) }
}

/** Whom a principal is, as subjects of quotas. */
export function subjectsOf({
  keyId,
  personId,
  organisationId,
  endUser,
}: Principal): [kind: string, id: string][] {
  return [
    ...(keyId === null ? [] : [['key', keyId] as [string, string]]),
    ...(personId === null ? [] : [['person', personId] as [string, string]]),
    ['org', organisationId],
    ...(endUser === null ? [] : [['user', endUser] as [string, string]]),
  ]
}
