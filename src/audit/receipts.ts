import type { EntryId } from '../core/ids.ts'
import { accountOf, subjectName, subjectOf, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { canonical } from './canonical.ts'
import type { Publisher } from './publisher.ts'
import type { AuditStore } from './store.ts'
import type { SubjectKeys } from './subject-keys.ts'
import { formatProof } from './tlog-proof.ts'
import type { Tree } from './tree.ts'

interface ReceiptParts {
  readonly store: AuditStore
  readonly tree: Tree
  readonly publisher: Publisher
  readonly subjects: SubjectKeys
}

type Leaf = NonNullable<Awaited<ReturnType<AuditStore['leaf']>>>

/** Proofs for those who asked. */
export class Receipts {
  readonly #parts: ReceiptParts
  constructor(parts: ReceiptParts) {
    this.#parts = parts
  }

  /**
   * A `tlog-proof` of an entry, for its owner. Its `extra` line holds the entry itself and, unless it was erased, the salt
   * that opens its commitments.
   *
   * @throws `receipt_not_found`, also for what is somebody else's; `receipt_open` while the answer runs
   */
  async of(id: EntryId, principal: Principal): Promise<string> {
    const { store, subjects } = this.#parts
    const leaf = await store.leaf(id)
    const subject = subjectName(subjectOf(principal))
    if (leaf === null) {
      const open = await store.openRow(id)
      if (open !== null && (open.account === accountOf(principal) || open.subject === subject)) {
        throw elpisError('receipt_open', { id })
      }
      throw elpisError('receipt_not_found', { id })
    }
    if (leaf.account !== accountOf(principal) && leaf.subject !== subject) {
      throw elpisError('receipt_not_found', { id })
    }
    const key = leaf.subject === null ? null : await subjects.find(leaf.subject)
    return await this.#proofOf(leaf, key === null ? null : key.salt(id).toString('base64'))
  }

  /** The same for whoever runs the server, without what opens the commitments; null for what is not in the log. */
  async proof(id: EntryId): Promise<string | null> {
    const leaf = await this.#parts.store.leaf(id)
    return leaf === null ? null : await this.#proofOf(leaf, null)
  }

  /** Those of these that are no entries, neither complete nor begun. */
  unknown(ids: readonly EntryId[]): Promise<readonly EntryId[]> {
    return this.#parts.store.unknown(ids)
  }

  /** The same with what opens the commitments, for an answer that is exported; null for what is not in the log. */
  async opening(id: EntryId): Promise<string | null> {
    const { store, subjects } = this.#parts
    const leaf = await store.leaf(id)
    if (leaf === null) return null
    const key = leaf.subject === null ? null : await subjects.find(leaf.subject)
    return await this.#proofOf(leaf, key === null ? null : key.salt(id).toString('base64'))
  }

  async #proofOf(leaf: Leaf, salt: string | null): Promise<string> {
    const { store, tree, publisher } = this.#parts
    let state = await store.state()
    if (state.checkpointSize <= leaf.position) state = await publisher.now()
    const extra = { entry: leaf.body, salt }
    return formatProof({
      extra: Buffer.from(canonical(extra)),
      index: leaf.position,
      hashes: await tree.inclusionProof(leaf.position, state.checkpointSize),
      checkpoint: state.checkpoint,
    })
  }
}
