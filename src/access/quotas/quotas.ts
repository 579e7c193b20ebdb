import type { Principal } from '../../core/principal.ts'
import type { Meter, Period, Quota } from './quota.ts'

export interface QuotaWish {
  /** `key:ID`, `person:ID`, `org:ID`, `user:HASH`, any of them with `*`, or `server`; names do for ids. */
  readonly subject: string
  readonly model: string | null
  readonly meter: Meter
  /** Null for streams only. */
  readonly period: Period | null
  /** Costs in billionths of the currency. */
  readonly amount: number
}

/** A quota with what is used of it; null where it is each of many, who have their own. */
export interface QuotaState extends Quota {
  readonly used: number | null
}

/** Quotas as they are managed. `by` is who asks; left out, whoever sits at the machine. Changes hold at once. */
export interface Quotas {
  list(by?: Principal): Promise<QuotaState[]>
  /** In place of what was set for the same; what is used of it stays used. @throws `quota_invalid`, `not_permitted`, `beyond_minter` */
  set(wish: QuotaWish, by?: Principal): Promise<Quota>
  /** @throws `quota_not_found` */
  remove(id: string, by?: Principal): Promise<Quota>
}
