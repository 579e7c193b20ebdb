import { randomBytes } from 'node:crypto'
import type { Act, Acts } from '../core/acts.ts'
import { elpisError } from '../errors.ts'
import type { GraveAct, Proposal, ProposalStore } from './proposal.ts'
import { validReason } from './reason.ts'
import type { Actor } from './standing.ts'

/** Long enough to wake somebody, too short to be forgotten about. */
const lastsMilliseconds = 60 * 60 * 1000
const mostListed = 100

/** What is asked for, and what is done with it. */
export type GraveWish = Pick<Proposal, 'kind' | 'subject' | 'reason'>

export interface GraveDeed {
  /** Refuses at once what could not be done later. */
  readonly check?: (subject: string) => Promise<void>
  /** @param by whoever asked */
  readonly carryOut: (wish: GraveWish, by: Actor) => Promise<void>
}

interface ProposalParts {
  readonly store: ProposalStore
  readonly acts: Acts
  readonly now: () => number
  /** Whether one asks and another confirms; otherwise everything is done as it is asked for. */
  readonly twoPeople: boolean
  /** A kind that is not here cannot be asked for. */
  readonly deeds: Partial<Record<GraveAct, GraveDeed>>
}

/** The two-person rule: one asks, a second confirms, and only then it is done. Both stand in the log. */
export class Proposals {
  readonly #parts: ProposalParts

  constructor(parts: ProposalParts) {
    this.#parts = parts
  }

  /**
   * Does it; or, by the two-person rule, asks for it.
   *
   * @returns the proposal that a second person must confirm; null when it is done
   * @throws `reason_invalid`, what the deed's check throws, or doing it
   */
  async ask(wish: GraveWish, by: Actor): Promise<Proposal | null> {
    const { twoPeople } = this.#parts
    const deed = this.#deedOf(wish.kind)
    await deed.check?.(wish.subject)
    if (twoPeople) return await this.#propose(wish, by)
    await deed.carryOut(wish, by)
    return null
  }

  /** What waits for a second person, the oldest first, at most 100. */
  async waiting(): Promise<Proposal[]> {
    return await this.#parts.store.waiting(this.#parts.now(), mostListed)
  }

  /**
   * Confirms it, and does it.
   *
   * @throws `proposal_not_found`, `proposal_own`, what doing it throws: then it must be asked for again
   */
  async confirm(id: string, by: Actor): Promise<Proposal> {
    const { store, acts, now } = this.#parts
    const gone = () => elpisError('proposal_not_found', { proposal: id.slice(0, 60) })
    const found = await store.find(id)
    if (found === null || found.confirmed !== null || found.until <= now()) throw gone()
    if (found.by === by) throw elpisError('proposal_own')
    const confirmed = await acts.within(actOf(found, by, 'confirmed'), (entry) =>
      store.confirm(id, by, now(), entry),
    )
    if (confirmed === null) throw gone()
    await this.#deedOf(confirmed.kind).carryOut(confirmed, confirmed.by)
    return confirmed
  }

  /**
   * For what whoever asked does themselves: passes when the rule is off, or a second person confirmed exactly this for
   * them and its hour is not over.
   *
   * @throws `second_person_needed`
   */
  async mustBeConfirmed(
    { kind, subject }: Pick<GraveWish, 'kind' | 'subject'>,
    by: Actor,
    id: string | null,
  ): Promise<void> {
    const { store, now, twoPeople } = this.#parts
    if (!twoPeople) return
    const found = id === null ? null : await store.find(id)
    const same = found?.kind === kind && found.subject === subject && found.by === by
    if (!same || found.confirmed === null || found.until <= now()) throw elpisError('second_person_needed')
  }

  async #propose({ kind, subject, reason }: GraveWish, by: Actor): Promise<Proposal> {
    const { store, acts, now } = this.#parts
    const at = now()
    const proposal: Proposal = {
      id: `prop_${randomBytes(12).toString('hex')}`,
      kind,
      subject,
      reason: validReason(reason),
      by,
      at,
      until: at + lastsMilliseconds,
      confirmed: null,
    }
    await acts.within(actOf(proposal, by, 'proposed'), (entry) => store.add(proposal, entry))
    return proposal
  }

  #deedOf(kind: GraveAct): GraveDeed {
    const deed = this.#parts.deeds[kind]
    if (deed === undefined) throw new Error(`Nothing here does ${kind}.`)
    return deed
  }
}

function actOf({ id, kind, subject }: Proposal, by: Actor, state: 'proposed' | 'confirmed'): Act {
  return { kind: 'grave-act', by, about: subject, details: { act: kind, state, id } }
}
