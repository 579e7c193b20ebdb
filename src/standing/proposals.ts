import { randomBytes } from 'node:crypto'
import type { Acts } from '../core/acts.ts'
import { elpisError } from '../errors.ts'
import type { GraveAct, Proposal, ProposalStore } from './proposal.ts'
import { validReason } from './reason.ts'
import type { Actor } from './standing.ts'

/** Long enough to wake somebody, too short to be forgotten about. */
const lastsMilliseconds = 60 * 60 * 1000
const mostListed = 100

interface ProposalParts {
  readonly store: ProposalStore
  readonly acts: Acts
  readonly now: () => number
  /** What is done once a second person has confirmed it. A kind that is not here cannot be asked for. */
  readonly carryOut: Partial<Record<GraveAct, (proposal: Proposal) => Promise<void>>>
}

/** The two-person rule: one asks, a second confirms, and only then it is done. Both stand in the log. */
export class Proposals {
  readonly #parts: ProposalParts

  constructor(parts: ProposalParts) {
    this.#parts = parts
  }

  /** @throws `reason_invalid` */
  async propose(wish: Pick<Proposal, 'kind' | 'subject' | 'reason'>, by: Actor): Promise<Proposal> {
    const { store, now } = this.#parts
    const at = now()
    const proposal: Proposal = {
      id: `prop_${randomBytes(12).toString('hex')}`,
      kind: wish.kind,
      subject: wish.subject,
      reason: validReason(wish.reason),
      by,
      at,
      until: at + lastsMilliseconds,
      confirmed: null,
    }
    await this.#record(proposal, by, 'proposed')
    await store.add(proposal)
    return proposal
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
    const { store, now, carryOut } = this.#parts
    const gone = () => elpisError('proposal_not_found', { proposal: id.slice(0, 60) })
    const found = await store.find(id)
    const carry = found === null ? undefined : carryOut[found.kind]
    if (found === null || carry === undefined || found.confirmed !== null || found.until <= now())
      throw gone()
    if (found.by === by) throw elpisError('proposal_own')
    await this.#record(found, by, 'confirmed')
    const confirmed = await store.confirm(id, by, now())
    if (confirmed === null) throw gone()
    await carry(confirmed)
    return confirmed
  }

  async #record({ id, kind, subject }: Proposal, by: Actor, state: 'proposed' | 'confirmed'): Promise<void> {
    await this.#parts.acts.record({
      kind: 'grave-act',
      by,
      about: subject,
      details: { act: kind, state, id },
    })
  }
}
