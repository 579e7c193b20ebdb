import type { Acts } from '../../core/acts.ts'
import type { Clock } from '../../core/clock.ts'
import type { Principal } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import type { LiveRoster } from '../live-roster.ts'
import { ownerOfHome } from '../registry.ts'
import type {
  Acceptance,
  Acceptances,
  AcceptanceStore,
  Demands,
  Document,
  DocumentState,
} from './acceptances.ts'

type Whose = Pick<Principal, 'organisationId' | 'personId' | 'keyId'>

const owner: Whose = { ...ownerOfHome, keyId: null }

interface StoredAcceptancesParts {
  readonly store: AcceptanceStore
  readonly live: LiveRoster
  readonly clock: Clock
  readonly demands: Demands
  readonly acts: Acts
}

/**
 * Which documents were accepted, by whom, in which version. `accept` is recorded as an act; a version that is not
 * current is refused (`document_changed`).
 */
export class StoredAcceptances implements Acceptances {
  readonly #parts: StoredAcceptancesParts

  constructor(parts: StoredAcceptancesParts) {
    this.#parts = parts
  }

  /** @throws `acceptance_required` */
  check(by: Principal, model: string): void {
    const { who, documents } = this.#parts.demands
    if (who === 'never' || (who === 'people' && by.keyId !== null && by.personId === null)) return
    const missing = documents(model).find((document) => this.#stateOf(document, by).acceptedAt === null)
    if (missing === undefined) return
    throw elpisError('acceptance_required', { title: missing.title, document: missing.name })
  }

  list(by: Whose = owner): DocumentState[] {
    return this.#parts.demands.documents(null).map((document) => this.#stateOf(document, by))
  }

  async accept(name: string, version: string, by: Whose = owner): Promise<DocumentState> {
    const { store, live, clock, demands, acts } = this.#parts
    const named = demands.documents(null).filter((one) => one.name === name)
    const [first] = named
    if (first === undefined) throw elpisError('document_not_found', { document: name.slice(0, 200) })
    const document = named.find((one) => one.version === version)
    if (document === undefined) throw elpisError('document_changed', { title: first.title })
    const before = this.#stateOf(document, by)
    if (before.acceptedAt !== null) return before
    const { organisationId, personId, keyId } = by
    const account = accountOf(by)
    const acceptedAt = clock.now()
    const acceptance: Acceptance = {
      account,
      document: name,
      version,
      organisationId,
      personId,
      keyId,
      acceptedAt,
    }
    const act = { kind: 'licence-accepted', by: account, about: name, details: { version } } as const
    // Where another process was faster, it is accepted as well.
    await acts.within(act, (entry) => store.insert(acceptance, entry))
    live.addAcceptance(acceptance)
    return this.#stateOf(document, by)
  }

  #stateOf(document: Document, by: Whose): DocumentState {
    const { name, version } = document
    const acceptedAt = this.#parts.live.acceptedAt({ account: accountOf(by), document: name, version })
    return { ...document, acceptedAt }
  }
}

/** A person has accepted for all of their keys. */
function accountOf({ personId, keyId }: Whose): string {
  return personId ?? keyId ?? 'owner'
}
