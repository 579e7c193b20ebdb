import type { ActLeaf } from '../../core/acts.ts'
import type { PersonId, Sha256 } from '../../core/ids.ts'

/** A password as it is kept. */
export interface StoredPassword {
  /** PHC string of argon2id. */
  readonly hash: string
  readonly changedAt: number
}

/** The shared secret of somebody's authenticator app. */
export interface StoredTotp {
  /** Base32, without padding. */
  readonly secret: string
  /** The last step (RFC 6238: 30 seconds) whose code was used; an earlier or equal one is refused. */
  readonly lastStep: number
  /** Null until a first code has shown that the app has the secret. */
  readonly confirmedAt: number | null
}

/** A WebAuthn credential. */
export interface StoredPasskey {
  /** Base64url, as the authenticator made it. */
  readonly id: string
  readonly personId: PersonId
  readonly name: string
  /** Base64url of the COSE key. */
  readonly publicKey: string
  /** Of uses, as the authenticator counts them; 0 for those that do not. */
  readonly counter: number
  readonly transports: readonly string[]
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** Who somebody is elsewhere. */
export interface StoredIdentity {
  readonly issuer: string
  readonly subject: string
  readonly personId: PersonId
  readonly createdAt: number
}

export const stepKinds = ['second-factor', 'passkey', 'new-passkey', 'provider', 'invitation'] as const

/** A sign-in that is under way, found by the hash of the token that the browser holds. */
export interface StoredStep {
  readonly hash: Sha256
  readonly kind: (typeof stepKinds)[number]
  /** Null while nobody is known. */
  readonly personId: PersonId | null
  /** Small JSON that only its kind understands. */
  readonly content: string
  readonly expiresAt: number
}

export interface Methods {
  readonly password: StoredPassword | null
  readonly totp: StoredTotp | null
  readonly recoveryCodesLeft: number
  readonly passkeys: readonly StoredPasskey[]
}

/** One bound on how often something may be tried. */
export interface Bound {
  /** Whom it bounds, as a hash: what strangers type is not kept. */
  readonly subject: Sha256
  readonly most: number
}

/** What becomes of the counts of a try that was good. */
export interface GoodTry {
  /** All tries of this subject are forgotten. */
  readonly forget: Sha256
  /** Of each of these subjects one try is taken back. */
  readonly giveBack: readonly Sha256[]
  /** Counts that end later began after the try and do not hold it. */
  readonly before: number
}

/**
 * Every method is one transaction, done and durable when its promise resolves. An `entry` is appended to the log with the
 * change, and only where something was changed.
 */
export interface SignInStore {
  methods(person: PersonId): Promise<Methods>
  setPassword(person: PersonId, password: StoredPassword, entry: ActLeaf | null): Promise<void>
  /** Begins anew: an unconfirmed secret, in place of any before. */
  setTotp(person: PersonId, secret: string): Promise<void>
  /** Confirms the secret and replaces the recovery codes; false when there is none to confirm or `step` was used. */
  confirmTotp(
    person: PersonId,
    confirmed: { readonly step: number; readonly codes: readonly Sha256[]; readonly now: number },
    entry: ActLeaf | null,
  ): Promise<boolean>
  /** Uses up a step and all before it; false when it was used up already. */
  useTotpStep(person: PersonId, step: number): Promise<boolean>
  /** Forgets secret and recovery codes; false when there was no secret that counted. */
  removeTotp(person: PersonId, entry: ActLeaf | null): Promise<boolean>
  /** False when it is unknown or was used. */
  useRecoveryCode(person: PersonId, code: Sha256): Promise<boolean>
  /** False, with nothing changed, when its id is taken. */
  addPasskey(passkey: StoredPasskey, entry: ActLeaf | null): Promise<boolean>
  passkey(id: string): Promise<StoredPasskey | null>
  /** False when the counter did not grow, though the authenticator counts: it may be a copy. */
  usePasskey(id: string, counter: number, now: number): Promise<boolean>
  removePasskey(person: PersonId, id: string, entry: ActLeaf | null): Promise<boolean>
  /** Who signed in from there before. */
  identity(issuer: string, subject: string): Promise<PersonId | null>
  /** False when the person has another identity of this issuer, or the identity another person. */
  link(identity: StoredIdentity, entry: ActLeaf | null): Promise<boolean>
  begin(step: StoredStep): Promise<void>
  /** The same, and ends what is under way for its person, of its kind. */
  beginAnew(step: StoredStep, entry: ActLeaf | null): Promise<void>
  step(hash: Sha256, now: number): Promise<StoredStep | null>
  /** Uses it up; null when it is unknown, used or expired. */
  takeStep(hash: Sha256, now: number): Promise<StoredStep | null>
  /**
   * Counts a try against all of the bounds, in order, before it is made.
   *
   * @returns when to try again, as epoch milliseconds, when one of them is reached; null when it may be made
   */
  count(bounds: readonly Bound[], windowMilliseconds: number, now: number): Promise<number | null>
  /** A try that was counted was good. */
  countedGood(good: GoodTry): Promise<void>
}
