import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { canonical } from './canonical.ts'
import { openCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import type { ContentPolicy } from './contents.ts'
import { parseEntry } from './log-entry.ts'
import { parseNote, signedBy, signNote, type SignerKey, type VerifierKey } from './note.ts'
import type { AuditStore } from './store.ts'
import { Tally, type Counts } from './tally.ts'

const entriesAtOnce = 1024
const firstLine = 'elpis-transparency/v1'

/** What anybody may know of how a server is run. Counts begin with the log. */
export interface Statement extends Counts {
  readonly origin: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Entries that were counted: all up to the checkpoint of this size. */
  readonly size: number
  /** Base64 of the root of the tree that was counted. */
  readonly root: string
  /** Names of the witnesses that signed that checkpoint as well; without any, the log is unwitnessed. */
  readonly witnesses: readonly string[]
  /** The guard's policy for the server as a whole. */
  readonly policy: string
  /** Whose prompts and answers are kept, and for how many days. */
  readonly retention: ContentPolicy
}

interface TransparencyParts {
  readonly store: AuditStore
  readonly key: SignerKey
  readonly clock: Clock
  readonly policy: () => string
  readonly content: ContentPolicy
}

/** Adds up the log, entry by entry, as it grows: the statement counts nothing that the log does not hold. */
export class Transparency {
  readonly #parts: TransparencyParts
  readonly #tally = new Tally()
  #counted = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: TransparencyParts) {
    this.#parts = parts
  }

  /** A signed note: its kind on the first line, then the statement as one line of canonical JSON. */
  async signed(): Promise<{ statement: Statement; note: string }> {
    const turn = this.#last.catch(() => {}).then(() => this.#statement())
    this.#last = turn
    const statement = await turn
    return { statement, note: signNote(`${firstLine}\n${canonical(statement)}\n`, this.#parts.key) }
  }

  async #statement(): Promise<Statement> {
    const { store, key, clock, policy, content } = this.#parts
    const { checkpoint } = await store.state()
    const signed = openCheckpoint(checkpoint, key)
    if (signed === null) throw new Error('The log has no checkpoint of its own.')
    await this.#count(signed.size)
    return {
      origin: key.name,
      at: clock.now(),
      size: this.#counted,
      root: Buffer.from(signed.root).toString('base64'),
      witnesses: witnessesOf(signed),
      policy: policy(),
      retention: content,
      ...this.#tally.counts(),
    }
  }

  async #count(size: number): Promise<void> {
    while (this.#counted < size) {
      const end = Math.min(size, this.#counted + entriesAtOnce)
      for (const body of await this.#parts.store.bodies(this.#counted, end)) {
        const entry = parseEntry(Buffer.from(body))
        if (entry !== null) this.#tally.add(entry)
      }
      this.#counted = end
    }
  }
}

/** Only what was checked when it came is kept below a checkpoint. */
function witnessesOf({ note, origin }: SignedCheckpoint): string[] {
  return note.signatures.map(({ name }) => name).filter((name) => name !== origin)
}

const count = z.int().min(0)
const time = z.int()

/** As it is served, and signed. */
export const statementSchema = z.strictObject({
  origin: z.string(),
  at: time,
  size: count,
  root: z.string(),
  witnesses: z.array(z.string()),
  policy: z.string(),
  retention: z.strictObject({ keep: z.enum(['none', 'flagged', 'all']), days: count }),
  began: time.nullable(),
  policies: z.array(z.strictObject({ name: z.string(), version: z.string(), since: time })),
  requests: count,
  blocked: count,
  interrupted: count,
  content: z.strictObject({ read: count, erased: count, exported: count }),
  standing: z.strictObject({
    warned: count,
    restricted: count,
    suspended: count,
    banned: count,
    lifted: count,
  }),
  appeals: z.strictObject({ opened: count, decided: count, overturned: count }),
  acts: z.record(z.string(), count),
}) satisfies z.ZodType<Statement>

/** The statement of a note, or of the whole answer of a server, that `key` signed; a text says what is wrong with it. */
export function openStatement(text: string, key: VerifierKey): Statement | string {
  const note = parseNote(noteOf(text))
  if (note === null) return 'it is no signed statement'
  if (!signedBy(note, key)) return `it is not signed by ${key.name}`
  const [first, json = '', ...more] = note.text.split('\n')
  if (first !== firstLine || more.join('') !== '') return 'it is signed, but is no statement'
  try {
    const statement = statementSchema.parse(JSON.parse(json))
    return statement.origin === key.name ? statement : 'it is of another log'
  } catch {
    return 'it says something that is not known here'
  }
}

function noteOf(text: string): string {
  if (!text.startsWith('{')) return text
  try {
    const { note } = JSON.parse(text) as { note?: unknown }
    return typeof note === 'string' ? note : ''
  } catch {
    return ''
  }
}
