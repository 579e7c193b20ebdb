import { randomBytes } from 'node:crypto'
import type { ActLeaf } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { EntryId, OrganisationId, SubjectName } from '../core/ids.ts'
import { RecentMap } from '../core/recent-map.ts'
import { sealed, unsealed } from '../core/sealed-box.ts'
import { HmacKey } from '../core/hmac.ts'
import type { SubjectStore } from './store.ts'

/** Another server may have erased somebody: after this long the store is asked again. */
const trustMilliseconds = 5000
const mostKept = 10_000

/**
 * One key for each person. Their pseudonym in the log, the salts of their commitments and the encryption of their content
 * come from it: once it is destroyed, nothing in the log says anything about them any more.
 */
export class SubjectKey {
  readonly pseudonym: string
  readonly #key: HmacKey
  constructor(key: Buffer) {
    this.#key = new HmacKey(key)
    this.pseudonym = this.#derive('pseudonym').toString('base64url').slice(0, 22)
  }

  /** For the commitments of one entry; its owner gets it with the receipt. */
  salt(id: EntryId): Buffer {
    return this.#derive(`salt ${id}`)
  }

  seal(id: EntryId, text: string): string {
    return sealed(this.#derive('content'), text, id)
  }

  /** Null when it was sealed for another entry or with another key. */
  unseal(id: EntryId, box: string): string | null {
    return unsealed(this.#derive('content'), box, id)?.toString() ?? null
  }

  #derive(purpose: string): Buffer {
    return this.#key.of(purpose)
  }
}

/** What stands in an entry for a text that only its owner knows. */
export function commit(
  salt: HmacKey,
  what: 'prompt' | 'output' | 'settings' | 'record',
  text: string,
): string {
  return salt.of(`${what}\n${text}`).toString('base64')
}

/** The keys of all subjects, each in the store, wrapped with the key of this home. */
export class SubjectKeys {
  readonly #store: SubjectStore
  readonly #homeKey: Buffer
  readonly #organisations = new Map<OrganisationId, string>()
  readonly #clock: Clock
  readonly #known = new RecentMap<SubjectName, { readonly key: Promise<SubjectKey>; readonly at: number }>(
    mostKept,
  )

  constructor(store: SubjectStore, homeKey: Buffer, clock: Clock) {
    this.#store = store
    this.#homeKey = homeKey
    this.#clock = clock
  }

  /** The key of a subject, made when there is none. */
  of(subject: SubjectName): Promise<SubjectKey> {
    const now = performance.now()
    const known = this.#known.peek(subject)
    if (known !== undefined && now - known.at < trustMilliseconds) return known.key
    const key = this.#ensure(subject)
    this.#known.set(subject, { key, at: now })
    key.catch(() => this.#known.delete(subject))
    return key
  }

  /** Null when there is none, or it was erased. */
  async find(subject: SubjectName): Promise<SubjectKey | null> {
    const wrapped = await this.#store.find(subject)
    return wrapped === null ? null : this.#unwrapped(subject, wrapped)
  }

  /** Whether there is anything to erase. */
  knows(subject: SubjectName): Promise<boolean> {
    return this.#store.knows(subject)
  }

  async erase(subject: SubjectName, entry: ActLeaf | null): Promise<boolean> {
    const erased = await this.#store.erase(subject, entry)
    this.#known.delete(subject)
    return erased
  }

  organisation(id: OrganisationId): string {
    const known = this.#organisations.get(id)
    if (known !== undefined) return known
    const digest = new HmacKey(this.#homeKey).of(`organisation ${id}`).toString('base64url')
    this.#organisations.set(id, digest.slice(0, 22))
    return digest.slice(0, 22)
  }

  async #ensure(subject: SubjectName): Promise<SubjectKey> {
    const fresh = sealed(this.#homeKey, randomBytes(32), subject)
    return this.#unwrapped(subject, await this.#store.ensure(subject, fresh, this.#clock.now()))
  }

  #unwrapped(subject: SubjectName, wrapped: string): SubjectKey {
    const key = unsealed(this.#homeKey, wrapped, subject)
    if (key === null) throw new Error(`The key of ${subject} was wrapped with another home's key.`)
    return new SubjectKey(key)
  }
}
