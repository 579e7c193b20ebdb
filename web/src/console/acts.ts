import { createContext, useContext } from 'react'
import type { Session } from '../session/session.ts'

type Role = Session['role']
type Rung = 'warned' | 'restricted' | 'suspended' | 'banned'

interface Acts {
  /** Which steps against somebody. */
  readonly steps: readonly Rung[]
  /** Whether what was done against somebody is lifted. */
  readonly lifts: boolean
  /** Whether keys of others are made and ended. */
  readonly keys: boolean
}

const manages: Acts = { steps: ['warned', 'restricted', 'suspended', 'banned'], lifts: true, keys: true }
const looks: Acts = { steps: [], lifts: false, keys: false }

/** What is shown to whom to be done; the server decides by itself who may. */
const acts = {
  owner: manages,
  admin: manages,
  reviewer: { ...looks, steps: ['warned', 'restricted', 'suspended'] },
  auditor: looks,
  member: looks,
} satisfies Record<Role, Acts>

/** Whose console it is. */
export const RoleContext = createContext<Role>('member')

export function useActs(): Acts {
  return acts[useContext(RoleContext)]
}
