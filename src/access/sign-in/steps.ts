import type { ActLeaf } from '../../core/acts.ts'
import type { Clock } from '../../core/clock.ts'
import type { PersonId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import { hashOf, looksLikeToken, newLinkToken } from '../secrets.ts'
import type { SignInStore, StoredStep } from './store.ts'

const lasts = {
  'second-factor': 5 * 60_000,
  passkey: 5 * 60_000,
  'new-passkey': 5 * 60_000,
  provider: 10 * 60_000,
  invitation: 7 * 24 * 60 * 60_000,
} as const satisfies Record<StoredStep['kind'], number>

export interface BegunStep {
  /** What the browser brings back; kept as a hash only. */
  readonly token: string
  readonly expiresAt: number
}

/** Ways in that take more than one request. Each can be gone to its end once. */
export class Steps {
  readonly #store: SignInStore
  readonly #clock: Clock

  constructor(store: SignInStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async begin(kind: StoredStep['kind'], personId: PersonId | null, content: unknown): Promise<BegunStep> {
    const { step, begun } = this.#newStep(kind, personId, content)
    await this.#store.begin(step)
    return begun
  }

  /** An invitation; one that was made before ends. */
  async invite(personId: PersonId, entry: ActLeaf | null): Promise<BegunStep> {
    const { step, begun } = this.#newStep('invitation', personId, {})
    await this.#store.beginAnew(step, entry)
    return begun
  }

  #newStep(
    kind: StoredStep['kind'],
    personId: PersonId | null,
    content: unknown,
  ): { step: StoredStep; begun: BegunStep } {
    const token = newLinkToken()
    const expiresAt = this.#clock.now() + lasts[kind]
    return {
      step: { hash: hashOf(token), kind, personId, content: JSON.stringify(content), expiresAt },
      begun: { token, expiresAt },
    }
  }

  /** Looks at a step without using it up. @throws `sign_in_over` */
  async look(kind: StoredStep['kind'], token: string): Promise<StoredStep> {
    return this.#checked(kind, token, (hash) => this.#store.step(hash, this.#clock.now()))
  }

  /** Uses a step up. @throws `sign_in_over` when it is unknown, over or used */
  async take(kind: StoredStep['kind'], token: string): Promise<StoredStep> {
    return this.#checked(kind, token, (hash) => this.#store.takeStep(hash, this.#clock.now()))
  }

  async #checked(
    kind: StoredStep['kind'],
    token: string,
    find: (hash: ReturnType<typeof hashOf>) => Promise<StoredStep | null>,
  ): Promise<StoredStep> {
    const step = looksLikeToken(token) ? await find(hashOf(token)) : null
    if (step === null || step.kind !== kind) {
      throw elpisError(kind === 'invitation' ? 'invitation_invalid' : 'sign_in_over')
    }
    return step
  }
}
