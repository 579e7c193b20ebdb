/**
 * Every store, once: whoever adds one adds a line here, and it is there on SQLite and on Postgres, as
 * `storage.<name>`. A store is made with the database and nothing else, holds no state of its own (a call may be run
 * again when its transaction was lost), and each of its methods is one transaction: it runs alone, as if no other call
 * of any process ran beside it. What is given and returned are plain values, for on SQLite they travel between threads.
 */
import type { Kysely } from 'kysely'
import { SqlAcceptanceStore } from './acceptance-store.ts'
import { SqlAccessNewsStore } from './access-news-store.ts'
import { SqlAuditStore } from './audit-store.ts'
import { SqlBatchStore } from './batch-store.ts'
import { SqlDirectoryStore } from './directory-store.ts'
import { SqlContentStore } from './content-store.ts'
import { SqlEgressStore } from './egress-store.ts'
import { SqlFileStore } from './file-store.ts'
import { SqlIncidentStore } from './incident-store.ts'
import { SqlKeyStore } from './key-store.ts'
import { SqlQuotaStore } from './quota-store.ts'
import { SqlResponseStore } from './response-store.ts'
import type { Database } from './schema.ts'
import { SqlSessionStore } from './session-store.ts'
import { SqlSignStore } from './sign-store.ts'
import { SqlUsageStore } from './usage-store.ts'
import { SqlVerdictStore } from './verdict-store.ts'
import { SqlSignInStore } from './sign-in-store.ts'
import { SqlSubjectStore } from './subject-store.ts'
import { standingStores } from './standing-stores.ts'

const constructors = {
  keys: SqlKeyStore,
  sessions: SqlSessionStore,
  directory: SqlDirectoryStore,
  signIn: SqlSignInStore,
  quotas: SqlQuotaStore,
  acceptances: SqlAcceptanceStore,
  accessNews: SqlAccessNewsStore,
  responses: SqlResponseStore,
  files: SqlFileStore,
  batches: SqlBatchStore,
  usage: SqlUsageStore,
  audit: SqlAuditStore,
  subjects: SqlSubjectStore,
  verdicts: SqlVerdictStore,
  ...standingStores,
  incidents: SqlIncidentStore,
  signs: SqlSignStore,
  contents: SqlContentStore,
  egress: SqlEgressStore,
} satisfies Record<string, new (database: Kysely<Database>) => object>

/**
 * Calls by which what a server holds in memory is kept true. They change nothing and wait for no writer, nor for the
 * calls before them: a ban takes hold however busy everything is.
 */
export const readings: ReadonlySet<string> = new Set([
  'keys.since',
  'accessNews.since',
  'measures.since',
  'shutdowns.current',
])

/**
 * Calls that look over much and change nothing. Nothing else ever waits for them: they have a connection of their own.
 * Each sees what was acknowledged before it was asked.
 */
export const surveys: ReadonlySet<string> = new Set([
  'measures.list',
  'measures.inForce',
  'cases.list',
  'reviews.list',
  'standingEvents.page',
  'standingEvents.unfollowed',
  'sightings.alike',
  'sightings.keysOnNetworks',
  'sightings.likeBarred',
  'sightings.networksOfDay',
  'usage.ask',
])

type Constructors = typeof constructors
type Public<Store> = Pick<Store, keyof Store>

/** All stores by their names. */
export type Stores = { readonly [Name in keyof Constructors]: Public<InstanceType<Constructors[Name]>> }

/** Runs a call by the names that it travelled under. */
export type CallStore = (store: string, method: string, parameters: readonly unknown[]) => Promise<unknown>

/** All stores over one connection. */
export function storesOver(database: Kysely<Database>): CallStore {
  const stores: ReadonlyMap<string, object> = new Map(
    Object.entries(constructors).map(([name, Store]) => [name, new Store(database)]),
  )
  return async (store, method, parameters) => {
    const methods = stores.get(store) as Record<string, (...parameters: unknown[]) => unknown> | undefined
    if (typeof methods?.[method] !== 'function') throw new TypeError(`There is no ${store}.${method}.`)
    return await methods[method](...parameters)
  }
}
