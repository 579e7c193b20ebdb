import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { EntryId, OrganisationId, SubjectName } from '../core/ids.ts'
import { homeOrganisation } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { newEntryId } from './entry-id.ts'
import { gathered } from './gathered.ts'
import { parseEntry, shortened } from './log-entry.ts'
import { sees } from './log-view.ts'
import type { AuditStore, ContentStore, KeptContent, Notice } from './store.ts'
import type { SubjectKey, SubjectKeys } from './subject-keys.ts'

const dayMilliseconds = 86_400_000
const pruneMilliseconds = 3_600_000
const batchSize = 64
const longestReason = 140

export interface ContentPolicy {
  readonly keep: 'none' | 'flagged' | 'all'
  readonly days: number
}

/** Who reads what somebody else said. */
export interface Reader {
  /** As the log and the notice name them: a person's or key's id, or `owner`. */
  readonly id: string
  readonly organisation: OrganisationId
}

interface ContentParts {
  readonly store: ContentStore
  readonly log: Pick<AuditStore, 'leaf'>
  readonly subjects: SubjectKeys
  readonly acts: Acts
  readonly clock: Clock
  readonly policy: ContentPolicy
  readonly onTrouble: (error: unknown) => void
}

/** What was asked and answered, for as long as the policy says, readable with a person's own key only. */
export class Contents {
  readonly policy: ContentPolicy
  readonly #parts: ContentParts
  readonly #keep: (row: KeptContent) => Promise<unknown>
  #timer: NodeJS.Timeout | null = null

  constructor(parts: ContentParts) {
    this.#parts = parts
    this.policy = parts.policy
    this.#keep = gathered(async (rows: readonly KeptContent[]) => {
      await parts.store.keep(rows)
      return rows
    }, batchSize)
  }

  /** Keeps what the policy says shall be kept; a failure here fails no answer. */
  async keep(
    { id, subject, key, flagged }: { id: EntryId; subject: SubjectName; key: SubjectKey; flagged: boolean },
    text: () => string,
  ): Promise<void> {
    const { keep, days } = this.policy
    if (keep === 'none' || (keep === 'flagged' && !flagged)) return
    const expiresAt = this.#parts.clock.now() + days * dayMilliseconds
    await this.#keep({ id, subject, expiresAt, box: key.seal(id, text()) }).catch(this.#parts.onTrouble)
  }

  /**
   * Somebody reads what somebody else said. It is in the log, and the person is told, before it is shown.
   *
   * @returns JSON: prompt, settings and output; of an answer all of its record
   * @throws `content_not_kept`, also for what another organisation asked; `reason_missing`
   */
  async read(id: EntryId, by: Reader, reason: string): Promise<string> {
    const { store, acts, clock } = this.#parts
    const why = shortened(reason.trim()).slice(0, longestReason).toWellFormed()
    if (why === '') throw elpisError('reason_missing')
    if (!(await this.#reaches(by.organisation, id))) throw elpisError('content_not_kept', { id })
    const { text, subject } = await this.#open(id)
    const at = clock.now()
    const notice = { id: newEntryId(at), subject, entry: id, at, by: by.id, reason: why, seen: null }
    const act = { kind: 'content-read', by: by.id, about: id, details: { reason: why } } as const
    await acts.within(act, (entry) => store.notify(notice, entry))
    return text
  }

  /** By the entry itself: what runs still has none, and only the home may read what has none. */
  async #reaches(organisation: OrganisationId, id: EntryId): Promise<boolean> {
    if (organisation === homeOrganisation) return true
    const { log, subjects } = this.#parts
    const leaf = await log.leaf(id)
    const entry = leaf === null ? null : parseEntry(Buffer.from(leaf.body))
    return entry !== null && sees(organisation, entry, subjects)
  }

  /**
   * The same for whoever asked: it is their own. Whether it is, the caller has seen to.
   *
   * @throws `content_not_kept`
   */
  async own(id: EntryId): Promise<string> {
    return (await this.#open(id)).text
  }

  async #open(id: EntryId): Promise<{ text: string; subject: SubjectName }> {
    const { store, subjects, clock } = this.#parts
    const kept = await store.find(id, clock.now())
    const key = kept === null ? null : await subjects.find(kept.subject)
    const text = kept === null || key === null ? null : key.unseal(id, kept.box)
    if (kept === null || text === null) throw elpisError('content_not_kept', { id })
    return { text, subject: kept.subject }
  }

  /** Who read what of this person, and why; the newest first. */
  notices(subject: SubjectName): Promise<readonly Notice[]> {
    return this.#parts.store.notices(subject)
  }

  /** How many of these this person has not seen. */
  unseen(subject: SubjectName): Promise<number> {
    return this.#parts.store.unseen(subject)
  }

  /** This person has seen a notice, and all before it. @throws `notice_not_found` */
  async see(subject: SubjectName, id: string): Promise<void> {
    const { store, clock } = this.#parts
    if (!(await store.see(subject, id, clock.now())))
      throw elpisError('notice_not_found', { id: id.slice(0, 100) })
  }

  /** @throws `subject_not_found` */
  async mustKnow(subject: SubjectName): Promise<void> {
    if (!(await this.#parts.subjects.knows(subject))) throw elpisError('subject_not_found', { subject })
  }

  /**
   * Destroys a person's key, and with it what they said, what their entries commit to and their pseudonym; and deletes what
   * they left here.
   *
   * @throws `subject_not_found`
   */
  async erase(subject: SubjectName, by: string): Promise<void> {
    const { subjects, acts } = this.#parts
    await this.mustKnow(subject)
    const act = { kind: 'content-erased', by, about: null, details: {} } as const
    await acts.within(act, (entry) => subjects.erase(subject, entry))
  }

  /** Deletes what is older than it may be. @returns how much */
  async prune(): Promise<number> {
    const { store, acts, clock } = this.#parts
    const now = clock.now()
    const deleted = await store.expired(now)
    if (deleted === 0) return 0
    const act = { kind: 'retention-applied', by: 'server', about: null, details: { deleted } } as const
    // Where another replica was faster, it is its act.
    return (await acts.within(act, (entry) => store.prune(now, deleted, entry))) ? deleted : 0
  }

  async start(): Promise<void> {
    await this.prune()
    this.#timer = setInterval(() => void this.prune().catch(this.#parts.onTrouble), pruneMilliseconds)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }
}
