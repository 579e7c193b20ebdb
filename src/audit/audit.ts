/** The transparency log of one home: entries, acts, checkpoints, receipts. */
import { randomBytes } from 'node:crypto'
import type { Act, Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import { elpisError } from '../errors.ts'
import type { RecordedGuard } from './answer-record.ts'
import { Answers } from './answers.ts'
import { actLeaf } from './log-entry.ts'
import { Contents, type ContentPolicy } from './contents.ts'
import { newEntryId } from './entry-id.ts'
import type { HomeKeys } from './home-keys.ts'
import { Journal } from './journal.ts'
import { LogCounts } from './log-counts.ts'
import { LogView } from './log-view.ts'
import { formatVerifierKey } from './note.ts'
import { PublicLog } from './public-log.ts'
import { Publisher } from './publisher.ts'
import { Receipts } from './receipts.ts'
import { recordStage, type Digests } from './record.ts'
import { Reconciler } from './reconciler.ts'
import type { AuditStore, ContentStore, SubjectStore } from './store.ts'
import { SubjectKeys } from './subject-keys.ts'
import { Transparency } from './transparency.ts'
import { Tree } from './tree.ts'
import { cosigningBy, type WitnessAddress } from './witnesses.ts'

export interface AuditParts {
  readonly stores: {
    readonly audit: AuditStore
    readonly subjects: SubjectStore
    readonly contents: ContentStore
  }
  readonly keys: HomeKeys
  readonly clock: Clock
  /** No other server can have this database: whatever is open at start was cut off. */
  readonly alone: boolean
  readonly policy: () => string
  /** What judges; null where nobody knows. */
  readonly guard: () => RecordedGuard | null
  readonly digests: Digests
  readonly witnesses: readonly WitnessAddress[]
  readonly content: ContentPolicy
  readonly onTrouble: (error: unknown) => void
}

export interface Audit {
  readonly record: ReturnType<typeof recordStage>
  readonly acts: Acts
  readonly log: PublicLog
  readonly view: LogView
  readonly receipts: Receipts
  readonly contents: Contents
  readonly answers: Answers
  readonly transparency: Transparency
  /** Closes the entries of requests that were cut off; to be called once the home is ours. */
  start(): Promise<void>
  /** Waits for what is being written, and signs it. */
  close(): Promise<void>
}

/**
 * Opens the log of a home.
 *
 * @throws `audit_key_unusable` when the log in the database is another key's
 */
export async function openAudit(parts: AuditParts): Promise<Audit> {
  const { stores, keys, clock, onTrouble } = parts
  const store = stores.audit
  const verifierKey = formatVerifierKey(keys.log)
  const { verifierKey: begun } = await store.begin(verifierKey)
  if (begun !== verifierKey) {
    throw elpisError('audit_key_unusable', {
      file: 'log.key',
      reason: `the log in this database is signed with another key, ${begun}`,
    })
  }
  const replica = `rep_${randomBytes(12).toString('hex')}`
  const tree = new Tree(store)
  const cosign = cosigningBy(parts.witnesses, tree, onTrouble)
  const publisher = new Publisher({ store, tree, key: keys.log, cosign, onTrouble })
  const journal = new Journal(store, () => publisher.soon())
  const subjects = new SubjectKeys(stores.subjects, keys.wrapping, clock)
  const leafOf = (act: Act) => {
    const at = clock.now()
    return actLeaf(newEntryId(at), act, at)
  }
  const acts: Acts = {
    async record(act) {
      const leaf = leafOf(act)
      await journal.append(leaf)
      return leaf.id
    },
    async within(act, change) {
      const { id, hash, body } = leafOf(act)
      const changed = await change({ id, hash, body })
      if (changed !== null && changed !== false) publisher.soon()
      return changed
    },
  }
  const contents = new Contents({
    ...parts,
    store: stores.contents,
    log: store,
    subjects,
    acts,
    policy: parts.content,
  })
  const receipts = new Receipts({ store, tree, publisher, subjects })
  const counts = new LogCounts({ store, tree, key: keys.log, onTrouble })
  const reconciler = new Reconciler({ store, journal, acts, clock, replica, onTrouble })
  return {
    record: recordStage({ ...parts, journal, subjects, contents, replica }),
    acts,
    log: new PublicLog(store, tree),
    view: new LogView({
      store,
      key: keys.log,
      witnesses: parts.witnesses.map(({ key }) => key),
      receipts,
      subjects,
    }),
    receipts,
    contents,
    answers: new Answers(receipts, contents, verifierKey),
    transparency: new Transparency({ ...parts, counts, key: keys.log }),
    async start() {
      await reconciler.start(parts.alone)
      await contents.start()
      await publisher.now()
      counts.start()
    },
    async close() {
      reconciler.stop()
      await counts.stop()
      contents.stop()
      await journal.end()
      await publisher.stop()
    },
  }
}
