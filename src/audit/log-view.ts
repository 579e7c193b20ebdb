import type { EntryId, OrganisationId } from '../core/ids.ts'
import { homeOrganisation } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { openCheckpoint } from './checkpoint.ts'
import { parseEntry, type LogEntry } from './log-entry.ts'
import { cosignedAt, formatVerifierKey, type VerifierKey } from './note.ts'
import type { Receipts } from './receipts.ts'
import type { AuditStore } from './store.ts'
import type { SubjectKeys } from './subject-keys.ts'

const mostOpen = 1000
/** Entries that are looked at for one page of somebody who may see few of them. */
const mostSought = 10_000
const entriesAtOnce = 500

interface ViewParts {
  readonly store: AuditStore
  readonly key: VerifierKey
  readonly witnesses: readonly VerifierKey[]
  readonly receipts: Pick<Receipts, 'proof'>
  readonly subjects: Pick<SubjectKeys, 'organisation'>
}

export interface WitnessState {
  readonly name: string
  /** When it signed the last checkpoint, epoch milliseconds; null when it did not. */
  readonly signedAt: number | null
}

export interface PlacedEntry {
  readonly position: number
  readonly entry: LogEntry
}

/** The log as auditors look at it. Those of another organisation than the home see what it asked, and nothing else. */
export class LogView {
  readonly #parts: ViewParts

  constructor(parts: ViewParts) {
    this.#parts = parts
  }

  async state() {
    const { store, key, witnesses } = this.#parts
    const { size, checkpoint, checkpointSize } = await store.state()
    const signed = openCheckpoint(checkpoint, key)
    const open = (await store.opened(null, mostOpen)).length
    return {
      origin: key.name,
      key: formatVerifierKey(key),
      size,
      signed: checkpointSize,
      /** Requests that are being answered; not counted beyond a thousand. */
      open,
      checkpoint,
      witnesses: witnesses.map((witness): WitnessState => ({
        name: witness.name,
        signedAt: signed === null ? null : cosignedAt(signed.note, witness),
      })),
    }
  }

  /**
   * @param before a position; the newest when null
   * @returns the newest first, and the `before` to go on from; null when there is nothing older. A page may be short, or
   *   empty, while there is more: so many entries of others may lie between
   */
  async latest(
    organisation: OrganisationId,
    { before, limit }: { readonly before: number | null; readonly limit: number },
  ): Promise<{ readonly entries: PlacedEntry[]; readonly next: number | null }> {
    const { store, subjects } = this.#parts
    const { size } = await store.state()
    const found: PlacedEntry[] = []
    let end = Math.min(before ?? size, size)
    const least = Math.max(0, end - mostSought)
    while (end > least && found.length < limit) {
      const begin = Math.max(least, end - Math.max(limit, entriesAtOnce))
      const bodies = await store.bodies(begin, end)
      for (const [place, body] of [...bodies.entries()].toReversed()) {
        const entry = parseEntry(Buffer.from(body))
        if (entry !== null && sees(organisation, entry, subjects) && found.length < limit) {
          found.push({ position: begin + place, entry })
        }
      }
      end = begin
    }
    const next = found.length < limit ? end : (found.at(-1)?.position ?? end)
    return { entries: found, next: next === 0 ? null : next }
  }

  /**
   * @returns the entry and a `tlog-proof` of it, without what opens its commitments
   * @throws `receipt_not_found`, also for what is another organisation's; `receipt_open` while the answer runs
   */
  async entry(id: EntryId, organisation: OrganisationId): Promise<PlacedEntry & { readonly proof: string }> {
    const { store, receipts } = this.#parts
    const leaf = await store.leaf(id)
    const entry = leaf === null ? null : parseEntry(Buffer.from(leaf.body))
    if (leaf === null || entry === null) {
      const open = organisation === homeOrganisation ? await store.openRow(id) : null
      throw elpisError(open === null ? 'receipt_not_found' : 'receipt_open', { id })
    }
    const proof = sees(organisation, entry, this.#parts.subjects) ? await receipts.proof(id) : null
    if (proof === null) throw elpisError('receipt_not_found', { id })
    return { position: leaf.position, entry, proof }
  }
}

/** Whether an entry is shown to an organisation: the home sees all, every other what it asked itself. */
export function sees(
  organisation: OrganisationId,
  entry: LogEntry,
  subjects: Pick<SubjectKeys, 'organisation'>,
): boolean {
  if (organisation === homeOrganisation) return true
  return entry.type === 'request' && entry.organisation === subjects.organisation(organisation)
}
