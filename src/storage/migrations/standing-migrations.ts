import { standing } from './0030-standing.ts'
import { strikes } from './0031-strikes.ts'
import { reviews } from './0032-reviews.ts'
import { shutdowns } from './0034-shutdowns.ts'
import { proposals } from './0035-proposals.ts'
import { standingWebhooks } from './0037-standing-webhooks.ts'
import { sightings } from './0038-sightings.ts'
import { unfollowed } from './0039-unfollowed.ts'

/** Those of standing, in order. */
export const standingMigrations = [
  standing,
  strikes,
  reviews,
  shutdowns,
  proposals,
  standingWebhooks,
  sightings,
  unfollowed,
]
