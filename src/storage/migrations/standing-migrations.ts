import { standing } from './0030-standing.ts'
import { strikes } from './0031-strikes.ts'

/** Those of standing, in order. */
export const standingMigrations = [standing, strikes]
