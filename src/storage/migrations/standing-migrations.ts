import { standing } from './0030-standing.ts'
import { strikes } from './0031-strikes.ts'
import { reviews } from './0032-reviews.ts'

/** Those of standing, in order. */
export const standingMigrations = [standing, strikes, reviews]
