import { addBan, liftAll, liftBan, listBans, takeStep } from './measures.ts'
import type { Operation } from './operation.ts'

/** Every operation, in the order of the document. */
export const standingOperations = [addBan, listBans, liftBan, takeStep, liftAll] as readonly Operation[]
