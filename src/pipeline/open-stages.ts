/** Stages that let everything pass, for `elpis run`, where whoever types owns the machine, and for tests of other stages. */
import { randomUUID } from 'node:crypto'
import type { EntryId } from '../core/ids.ts'
import { elpisError } from '../errors.ts'
import type { GuardStage, RecordStage, StandingStage } from './stages.ts'

const never = new AbortController().signal

export const openStanding: StandingStage = {
  clear: async () => ({ level: 'good', barred: never, release: () => {} }),
}

/** Judges nothing, and says so in its policy. */
export const openGuard: GuardStage = {
  policy: 'open',
  judgeInput: async () => ({
    outcome: 'allow',
    action: 'allow',
    direction: 'input',
    hazards: [],
    scores: null,
    layer: 'none',
    policy: 'open',
  }),
  release: (drafted) => drafted,
  moderate: () => Promise.reject(elpisError('guard_unavailable')),
}

/** Keeps no entry. */
export const noRecord: RecordStage = {
  open: async () => ({
    id: `ent_${randomUUID().replaceAll('-', '')}` as EntryId,
    judged: () => {},
    released: () => {},
    close: async () => {},
  }),
}
