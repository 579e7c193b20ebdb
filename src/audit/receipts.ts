import type { EntryId } from '../core/ids.ts'
import { accountOf, subjectOf, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { canonical } from './canonical.ts'
import type { Publisher } from './publisher.ts'
import type { AuditStore } from './store.ts'
import { subjectName, type SubjectKeys } from './subject-keys.ts'
import { formatProof } from './tlog-proof.ts'
import type { Tree } from './tree.ts'

interface ReceiptParts {
  readonly store: AuditStore
  readonly tree: Tree
  readonly publisher: Publisher
  readonly subjects: SubjectKeys
}

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
    const { store, tree, publisher, subjects } = this.#parts
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
    let state = await store.state()
    if (state.checkpointSize <= leaf.position) state = await publisher.now()
    const key = leaf.subject === null ? null : await subjects.find(leaf.subject)
    const extra = {
      entry: leaf.body,
      salt: key === null ? null : key.salt(id).toString('base64'),
    }
    return formatProof({
      extra: Buffer.from(canonical(extra)),
      index: leaf.position,
      hashes: await tree.inclusionProof(leaf.position, state.checkpointSize),
      checkpoint: state.checkpoint,
    })
  }
}
