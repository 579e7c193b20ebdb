import type { Access } from '../access/access.ts'
import type { Account, SubjectName } from '../core/ids.ts'
import { accountOf, subjectName, subjectOf, type Credentials, type Principal } from '../core/principal.ts'

/** Who asks, for doors to what is kept here: models are reached through the pipeline, which asks for itself. */
export type Whose = (credentials: Credentials) => Promise<{
  readonly principal: Principal
  readonly account: Account
  readonly subject: SubjectName
}>

/** @throws `key_missing`, `key_invalid` */
export function whoseBy(access: Pick<Access, 'admit'>): Whose {
  return async (credentials) => {
    const admission = await access.admit(credentials)
    admission.release()
    const { principal } = admission
    return { principal, account: accountOf(principal), subject: subjectName(subjectOf(principal)) }
  }
}
