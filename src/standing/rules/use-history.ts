import type { EndUser, KeyId, PersonId } from '../../core/ids.ts'
import type { Target } from '../target.ts'

/** Who asked, as use is counted. */
export interface UseParty {
  readonly organisation: string
  readonly person: string | null
  readonly key: string | null
  readonly endUser: string | null
}

export interface UseRow extends UseParty {
  /** The beginning of its hour; 0 where a whole time is added up. */
  readonly at: number
  readonly requests: number
}

/** What was asked for, as the server counts it anyway. */
export interface UseHistory {
  /** Rows of a time, in the order of their hours, or each party once. */
  rows(question: {
    readonly since: number
    readonly until: number
    readonly byHour: boolean
  }): Promise<{ rows: readonly UseRow[]; complete: boolean }>
}

export const noUseHistory: UseHistory = { rows: async () => ({ rows: [], complete: true }) }

/** Who answers; null for what nobody in particular did. */
export function targetOfParty({ endUser, person, key }: UseParty): Target | null {
  if (endUser !== null) return { kind: 'user', value: endUser as EndUser }
  if (person !== null) return { kind: 'person', value: person as PersonId }
  return key === null ? null : { kind: 'key', value: key as KeyId }
}
