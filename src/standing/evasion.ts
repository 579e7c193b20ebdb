import { randomBytes } from 'node:crypto'
import type { CaseId, KeyId } from '../core/ids.ts'
import type { MarkKind } from './blur.ts'
import type { CaseStep } from './case.ts'
import { againstTarget, newEventId } from './event.ts'
import { bars, rungs, type Measure, type Rung } from './measure.ts'
import type { Policy } from './policy.ts'
import type { Steps } from './steps.ts'
import type { CaseStore, EventStore, SightingStore } from './store.ts'
import { keptSightings } from './sightings.ts'
import { targetText, type Target } from './target.ts'
import { unhurried, type Going } from './unhurried.ts'

/** As the author of what is noticed here, and of what the policy lets follow from it. */
export const evasion = 'evasion'

/** Somebody who was met with the same as another. */
export interface Link {
  readonly target: Target
  /** What both were met with, and how many others were. */
  readonly shares: readonly { readonly kind: MarkKind; readonly sharedBy: number }[]
  readonly lastAt: number
  /** The strictest that is in force against them, or the key that they were met with. */
  readonly rung: Rung | null
}

interface EvasionParts {
  readonly sightings: SightingStore
  readonly events: EventStore
  readonly cases: CaseStore
  readonly steps: Steps
  readonly policy: Policy
  readonly now: () => number
  readonly inForce: (target: Target) => readonly Measure[]
  readonly onReview: (target: Target, proposed: Rung) => Promise<void>
}

/** Whoever goes on being there is noted every ten minutes. */
const lookAgain = 20 * 60 * 1000
/** What more share, such as the network of a university, tells nothing. */
const mostShared = 20
const mostLikenesses = 200
const mostAtOnce = 100
/** Of those who are kept out, so many are compared with others in one step. */
const mostBarred = 500

/**
 * Likenesses between those who are kept out and others: evidence for a reviewer. By itself nothing follows from it,
 * unless the policy says so.
 */
export class Evasion {
  readonly #parts: EvasionParts
  #looked: number

  constructor(parts: EvasionParts) {
    this.#parts = parts
    this.#looked = parts.now()
  }

  /** Who is like somebody, those with most in common first. */
  async linksOf(target: Target): Promise<Link[]> {
    const { sightings, now, inForce } = this.#parts
    const found = await sightings.alike(target, now() - keptSightings, mostShared, mostLikenesses)
    const links = new Map<string, Link>()
    for (const { target: other, key, kind, sharedBy, lastAt } of found) {
      const name = targetText(other)
      const link = links.get(name) ?? { target: other, shares: [], lastAt, rung: null }
      const ofKey = key === null ? [] : inForce({ kind: 'key', value: key as KeyId })
      const rungsNow = new Set([...inForce(other), ...ofKey].map((measure) => measure.rung))
      const known = link.shares.some((share) => share.kind === kind)
      links.set(name, {
        ...link,
        shares: known ? link.shares : [...link.shares, { kind, sharedBy }],
        rung: rungs.findLast((rung) => rung === link.rung || rungsNow.has(rung)) ?? null,
      })
    }
    return [...links.values()].toSorted((one, other) => other.shares.length - one.shares.length)
  }

  /** Looks whether somebody who is kept out is here again by another name. */
  async look(going: Going): Promise<void> {
    const { sightings, policy, now } = this.#parts
    if (policy.evasion.act === null) return
    const at = now()
    const when = { after: this.#looked - lookAgain, since: at - keptSightings, now: at }
    for (const rung of rungs.filter(bars)) {
      let from: string | null = ''
      await unhurried(going, async () => {
        const page = { rung, from: from ?? '', size: mostBarred }
        const { targets, next } = await sightings.likeBarred(when, page, mostAtOnce)
        for (const target of targets) await this.#compare(target)
        from = next
        return next !== null
      })
    }
    // What was left undone is looked for again.
    if (going()) this.#looked = at
  }

  async #compare(target: Target): Promise<void> {
    if (target.kind === 'org' || this.#barred(target)) return
    for (const link of await this.linksOf(target)) {
      const enough = link.shares.length >= this.#parts.policy.evasion.kinds
      if (enough && link.rung !== null && bars(link.rung)) await this.#notice(target, link)
    }
  }

  async #notice(target: Target, { target: other, shares }: Link): Promise<void> {
    const { events, cases, steps, policy, now, onReview } = this.#parts
    const { act } = policy.evasion
    if (act === null) return
    const at = now()
    const mark = `like ${targetText(other)}`
    const nothing = { source: 'rule', direction: 'input', hazard: null, severity: 0 } as const
    const whose = { ...againstTarget(target), requestId: null, entryId: null, voidedBy: null }
    const event = { ...whose, ...nothing, id: newEventId(), at, attributable: false, note: mark }
    if (!(await events.addOnce(event, mark, at - keptSightings))) return
    const kinds = shares.map(({ kind }) => kind).join(', ')
    const detail = { like: targetText(other), shares: kinds, policy: policy.name }
    const step: CaseStep = { at, kind: 'noticed', by: evasion, detail }
    if (act === 'review') {
      await cases.extend(target, `case_${randomBytes(12).toString('hex')}` as CaseId, [step])
      await onReview(target, 'suspended')
      return
    }
    const reason = 'What is known of you is known of somebody who is kept out.'
    await steps.escalate({ target, rung: act, reason, lasts: policy.lasts[act] }, evasion, [step])
  }

  #barred(target: Target): boolean {
    return this.#parts.inForce(target).some(({ rung }) => bars(rung))
  }
}
