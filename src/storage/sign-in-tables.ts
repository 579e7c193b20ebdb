/** How people prove who they are, and what is under way. */
import type { StoredStep } from '../access/sign-in/store.ts'
import type { PersonId, Sha256 } from '../core/ids.ts'

interface PasswordsTable {
  person_id: PersonId
  hash: string
  changed_at: number
}

interface TotpSecretsTable {
  person_id: PersonId
  secret: string
  last_step: number
  confirmed_at: number | null
}

interface RecoveryCodesTable {
  hash: Sha256
  person_id: PersonId
}

export interface PasskeysTable {
  id: string
  person_id: PersonId
  name: string
  public_key: string
  counter: number
  /** JSON */
  transports: string
  created_at: number
  last_used_at: number | null
}

interface IdentitiesTable {
  issuer: string
  subject: string
  person_id: PersonId
  created_at: number
}

interface SignInStepsTable {
  hash: Sha256
  kind: StoredStep['kind']
  person_id: PersonId | null
  /** JSON */
  content: string
  expires_at: number
}

interface SignInTriesTable {
  subject: Sha256
  count: number
  expires_at: number
}

export interface SignInTables {
  passwords: PasswordsTable
  totp_secrets: TotpSecretsTable
  recovery_codes: RecoveryCodesTable
  passkeys: PasskeysTable
  identities: IdentitiesTable
  sign_in_steps: SignInStepsTable
  sign_in_tries: SignInTriesTable
}
