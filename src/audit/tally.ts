import { z } from 'zod'
import type { ActEntry, LogEntry, RequestEntry } from './log-entry.ts'

/** Raised with every change of what is added up or how: what was added up by other rules is not gone on from. */
export const tallyRules = 1

/** A policy that came into force, by the digest of all that it says. */
export interface PolicyInForce {
  readonly name: string
  readonly version: string
  /** Epoch milliseconds. */
  readonly since: number
}

/** What a log adds up to. */
export interface Counts {
  /** When the first entry was made, epoch milliseconds; null in an empty log. */
  readonly began: number | null
  /** Since the server last started, by name. */
  readonly policies: readonly PolicyInForce[]
  readonly requests: number
  readonly blocked: number
  readonly interrupted: number
  /** What was done with what people said. */
  readonly content: { readonly read: number; readonly erased: number; readonly exported: number }
  /** Steps taken, by their rung, and those that were lifted before they ended. */
  readonly standing: {
    readonly warned: number
    readonly restricted: number
    readonly suspended: number
    readonly banned: number
    readonly lifted: number
  }
  readonly appeals: { readonly opened: number; readonly decided: number; readonly overturned: number }
  /** Acts by their kind. */
  readonly acts: Readonly<Record<string, number>>
}

const count = z.int().min(0)
const time = z.int()

export const countsSchema = z.strictObject({
  began: time.nullable(),
  policies: z.array(z.strictObject({ name: z.string(), version: z.string(), since: time })),
  requests: count,
  blocked: count,
  interrupted: count,
  content: z.strictObject({ read: count, erased: count, exported: count }),
  standing: z.strictObject({
    warned: count,
    restricted: count,
    suspended: count,
    banned: count,
    lifted: count,
  }),
  appeals: z.strictObject({ opened: count, decided: count, overturned: count }),
  acts: z.record(z.string(), count),
}) satisfies z.ZodType<Counts>

/** Adds up entries in their order: two who count the same entries come to the same. */
export class Tally {
  #began: number | null = null
  readonly #requests = { requests: 0, blocked: 0, interrupted: 0 }
  readonly #standing = { warned: 0, restricted: 0, suspended: 0, banned: 0, lifted: 0 }
  readonly #appeals = { decided: 0, overturned: 0 }
  readonly #acts = new Map<string, number>()
  #policies = new Map<string, PolicyInForce>()

  /** @param before what the entries before the next one add up to, by these rules */
  constructor(before: Counts | null = null) {
    if (before === null) return
    const { began, policies, requests, blocked, interrupted, standing, appeals, acts } = before
    this.#began = began
    this.#policies = new Map(policies.map((policy) => [policy.name, policy]))
    Object.assign(this.#requests, { requests, blocked, interrupted })
    Object.assign(this.#standing, standing)
    Object.assign(this.#appeals, { decided: appeals.decided, overturned: appeals.overturned })
    for (const [kind, times] of Object.entries(acts)) this.#acts.set(kind, times)
  }

  add(entry: LogEntry): void {
    this.#began ??= entry.type === 'act' ? entry.at : entry.opened
    if (entry.type === 'request') this.#request(entry)
    else this.#act(entry)
  }

  counts(): Counts {
    const acts = Object.fromEntries([...this.#acts].toSorted(([one], [other]) => (one < other ? -1 : 1)))
    const of = (kind: string) => this.#acts.get(kind) ?? 0
    return {
      began: this.#began,
      policies: [...this.#policies.values()],
      ...this.#requests,
      content: { read: of('content-read'), erased: of('content-erased'), exported: of('content-exported') },
      standing: { ...this.#standing },
      appeals: { opened: of('appeal-opened'), ...this.#appeals },
      acts,
    }
  }

  #request({ outcome, input_verdict, output_verdict }: RequestEntry): void {
    const counts = this.#requests
    counts.requests++
    if (outcome === 'interrupted') counts.interrupted++
    const verdicts = [input_verdict, output_verdict]
    if (verdicts.some((verdict) => verdict !== null && verdict.outcome !== 'allow')) counts.blocked++
  }

  #act({ kind, about, at, details }: ActEntry): void {
    this.#acts.set(kind, (this.#acts.get(kind) ?? 0) + 1)
    if (kind === 'standing-changed') this.#step(details)
    if (kind === 'appeal-decided') {
      this.#appeals.decided++
      if (details['overturned'] === true) this.#appeals.overturned++
    }
    // A server records its settings first of all, then each policy that holds for anybody.
    if (kind === 'settings-in-force') this.#policies = new Map()
    const { version, when } = details
    if (kind !== 'policy-changed' || about === null || typeof version !== 'string') return
    const before = this.#policies.get(about)
    if (when !== 'start' && before === undefined) return
    this.#policies.set(about, { name: about, version, since: at })
  }

  #step({ rung, lifted }: ActEntry['details']): void {
    const counts = this.#standing
    if (lifted === true) counts.lifted++
    else if (typeof rung === 'string' && Object.hasOwn(counts, rung)) counts[rung as keyof typeof counts]++
  }
}
