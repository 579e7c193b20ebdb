/** The stores of standing; `stores.ts` has them among all others. */
import { SqlCaseStore } from './case-store.ts'
import { SqlMeasureStore } from './measure-store.ts'
import { SqlProposalStore } from './proposal-store.ts'
import { SqlReviewStore } from './review-store.ts'
import { SqlShutdownStore } from './shutdown-store.ts'
import { SqlSightingStore } from './sighting-store.ts'
import { SqlStandingEventStore } from './standing-event-store.ts'
import { SqlWebhookStore } from './webhook-store.ts'

export const standingStores = {
  measures: SqlMeasureStore,
  cases: SqlCaseStore,
  reviews: SqlReviewStore,
  standingEvents: SqlStandingEventStore,
  sightings: SqlSightingStore,
  shutdowns: SqlShutdownStore,
  proposals: SqlProposalStore,
  webhooks: SqlWebhookStore,
}
