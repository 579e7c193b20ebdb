/** How stages hear that something they hold in memory was changed by another process. */
import type { ElpisError } from '../errors.ts'

/** What changes are told apart by. A store's method announces one together with the change itself. */
export type Topic = 'access' | 'standing' | 'policy' | 'shutdown' | 'audit' | 'monitoring'

/** What a stage is told about the store without asking. */
export interface ChangeListener {
  /**
   * Somebody else changed what these topics cover (comes within 50 ms on SQLite, 500 ms on Postgres, mostly much
   * sooner), or the store can be reached again, which names every topic. Changes of this process are not told.
   */
  changed(topics: ReadonlySet<Topic>): void
  /** The store cannot be reached: nobody may be let in on old knowledge. */
  lost(error: ElpisError): void
}

/** Every topic there is. */
export const everyTopic: ReadonlySet<Topic> = new Set<Topic>(
  Object.keys({
    access: true,
    standing: true,
    policy: true,
    shutdown: true,
    audit: true,
    monitoring: true,
  } satisfies Record<Topic, true>) as Topic[],
)
