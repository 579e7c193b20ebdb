import type { ActLeaf } from '../../core/acts.ts'
import type { KeyId, OrganisationId, PersonId } from '../../core/ids.ts'
import type { Principal } from '../../core/principal.ts'

/** Something that must be accepted before use: a licence, or the terms of whoever runs this server. */
export interface Document {
  /** `terms`, or `licence:` and its short name. */
  readonly name: string
  readonly title: string
  readonly link: string | null
  /** Null where only the link is known here. */
  readonly text: string | null
  /** SHA-256, hex: of the text, or of name, edition and link where that is not here. Models may have one licence in two. */
  readonly version: string
}

/** That somebody accepted one version of a document. */
export interface Acceptance {
  /** The person; the key, of those that are of an organisation as a whole; or `owner`. */
  readonly account: string
  readonly document: string
  readonly version: string
  readonly organisationId: OrganisationId
  readonly personId: PersonId | null
  readonly keyId: KeyId | null
  readonly acceptedAt: number
}

/** Every method is one transaction, done and durable when its promise resolves. */
export interface AcceptanceStore {
  /** Oldest first. */
  list(): Promise<Acceptance[]>
  /** The first time stays. False, with nothing appended, when it was accepted before. */
  insert(acceptance: Acceptance, entry: ActLeaf | null): Promise<boolean>
}

/** What has to be accepted, and by whom. */
export interface Demands {
  /** `people`: persons, with their keys, and browsers of the owner; `always`: keys of organisations as well. */
  readonly who: 'never' | 'people' | 'always'
  /** For a model or adapter, or all when it is null. */
  readonly documents: (model: string | null) => readonly Document[]
}

export interface DocumentState extends Document {
  /** Epoch milliseconds; null when whoever asks has not accepted this version. */
  readonly acceptedAt: number | null
}

/** Who has accepted what. `by` is who asks; left out, whoever sits at the machine, who is the owner. */
export interface Acceptances {
  list(by?: Principal): DocumentState[]
  /**
   * Recorded once for a person, whichever of their keys they use.
   *
   * @throws `document_not_found`, `document_changed` when that is not the version which holds
   */
  accept(document: string, version: string, by?: Principal): Promise<DocumentState>
}
