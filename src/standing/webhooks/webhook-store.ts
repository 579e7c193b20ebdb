/** One notice for one receiver. */
export interface Delivery {
  /** Of the notice: the same in every attempt and for every receiver. */
  readonly id: string
  readonly body: string
  /** This one included. */
  readonly attempts: number
}

/** What was put down for receivers, in the same transaction as what it tells of. */
export interface WebhookStore {
  /** Gives each receiver its own copy of what is new, and forgets what is older than `before`. */
  spread(addresses: readonly string[], now: number, before: number, limit: number): Promise<void>
  /** The oldest that are due; nobody else gets them before `until`. */
  claim(address: string, now: number, until: number, limit: number): Promise<Delivery[]>
  /** It was taken, or is given up. */
  forget(id: string, address: string): Promise<void>
  postpone(id: string, address: string, dueAt: number): Promise<void>
}
