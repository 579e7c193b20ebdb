/** What the log needs of a database. Each method is one transaction, durable when it resolves. */
import type { ActLeaf } from '../core/acts.ts'
import type { Account, EntryId, SubjectName } from '../core/ids.ts'

/** A request that was accepted and is not over. */
export interface OpenRow {
  readonly id: EntryId
  /** Which server has it. */
  readonly replica: string
  readonly account: Account
  readonly subject: SubjectName
  /** JSON: what its entry will say as far as it is known. */
  readonly draft: string
}

/** An entry that is complete, before it has its place in the tree. */
export interface NewLeaf {
  readonly id: EntryId
  /** Whether it was opened: then it is sealed only if it still is, and never twice. */
  readonly opened: boolean
  readonly account: Account | null
  readonly subject: SubjectName | null
  /** Base64 of the leaf's hash. */
  readonly hash: string
  readonly body: string
}

export interface StoredLeaf {
  readonly position: number
  readonly account: Account | null
  readonly subject: SubjectName | null
  readonly body: string
}

/** 256 hashes that will never change. */
export interface FullTile {
  readonly level: number
  readonly number: number
  /** Base64 of the hashes, one after another. */
  readonly hashes: string
  /** Base64 of the hash over them. */
  readonly root: string
}

export interface LogState {
  readonly verifierKey: string
  readonly size: number
  readonly checkpointSize: number
  /** The last checkpoint that was published, with its signatures; empty before the first. */
  readonly checkpoint: string
}

/** What the entries of a tree add up to. */
export interface KeptCounts {
  /** By which they were added up. */
  readonly rules: number
  readonly size: number
  /** Base64 of the root of the tree that was counted. */
  readonly root: string
  /** JSON */
  readonly counts: string
}

export interface AuditStore {
  /** Makes the log when there is none. @returns its state either way */
  begin(verifierKey: string): Promise<LogState>
  state(): Promise<LogState>
  open(rows: readonly OpenRow[]): Promise<void>
  /** Appends leaves in order. @returns for each its position, or null when it was opened and is no more: somebody closed it */
  seal(leaves: readonly NewLeaf[]): Promise<readonly (number | null)[]>
  /** Open rows of one server, or of all when null, oldest first. */
  opened(replica: string | null, limit: number): Promise<readonly OpenRow[]>
  openRow(id: EntryId): Promise<OpenRow | null>
  leaf(id: EntryId): Promise<StoredLeaf | null>
  /** Those of these that are neither sealed nor open. */
  unknown(ids: readonly EntryId[]): Promise<readonly EntryId[]>
  /** Base64 of the leaves' hashes from `begin` up to, not including, `end`. */
  leafHashes(begin: number, end: number): Promise<readonly string[]>
  bodies(begin: number, end: number): Promise<readonly string[]>
  /** How many full tiles there are on a level. */
  tileCount(level: number): Promise<number>
  /** Adds tiles; those that are there already stay. */
  addTiles(tiles: readonly FullTile[]): Promise<void>
  tile(level: number, number: number): Promise<string | null>
  tileRoots(level: number, begin: number, end: number): Promise<readonly string[]>
  /** Keeps a checkpoint unless one of a larger tree is there. @returns whether it was kept */
  publish(size: number, checkpoint: string): Promise<boolean>
  counts(rules: number): Promise<KeptCounts | null>
  /** Keeps counts in place of those by the same rules. */
  keepCounts(kept: KeptCounts): Promise<void>
  /** Says that this server lives. @returns all servers and how often each said so */
  beat(replica: string): Promise<readonly { readonly replica: string; readonly beat: number }[]>
  /** Forgets servers that are gone. */
  bury(replicas: readonly string[]): Promise<void>
}

/** Keys of the people that entries are about, each wrapped with the key of this home. */
export interface SubjectStore {
  /** The wrapped key of a subject; `fresh` becomes it when there is none. */
  ensure(subject: SubjectName, fresh: string, now: number): Promise<string>
  find(subject: SubjectName): Promise<string | null>
  /** Whether there is anything to erase. */
  knows(subject: SubjectName): Promise<boolean>
  /**
   * Destroys a key, all content and notices of the subject, and the answers, files and batches that they left here, and
   * appends the entry of it.
   *
   * @returns false, with nothing appended, when there was nothing
   */
  erase(subject: SubjectName, entry: ActLeaf | null): Promise<boolean>
}

/** What was asked and answered, encrypted. */
export interface KeptContent {
  readonly id: EntryId
  readonly subject: SubjectName
  readonly expiresAt: number
  readonly box: string
}

/** Somebody was told that their content was read. */
export interface Notice {
  readonly id: string
  readonly subject: SubjectName
  readonly entry: EntryId
  readonly at: number
  readonly by: string
  readonly reason: string
  /** When they said that they have seen it, epoch milliseconds; null while they have not. */
  readonly seen: number | null
}

export interface ContentStore {
  keep(rows: readonly KeptContent[]): Promise<void>
  /** Null when it was never kept, or its time is over. */
  find(id: EntryId, now: number): Promise<KeptContent | null>
  /** How many have expired at `now`. */
  expired(now: number): Promise<number>
  /** Deletes what has expired at `now`, and appends the entry of it. @returns false, with nothing done, when they are not `expected` */
  prune(now: number, expected: number, entry: ActLeaf | null): Promise<boolean>
  /** Tells a subject, and appends the entry of the reading. */
  notify(notice: Notice, entry: ActLeaf | null): Promise<void>
  notices(subject: SubjectName): Promise<readonly Notice[]>
  /** How many of a subject's they have not seen. */
  unseen(subject: SubjectName): Promise<number>
  /** Marks a notice of a subject, and all before it, as seen. @returns false when it is not theirs */
  see(subject: SubjectName, id: string, now: number): Promise<boolean>
}
