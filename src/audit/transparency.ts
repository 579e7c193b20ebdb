import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { canonical } from './canonical.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import type { ContentPolicy } from './contents.ts'
import type { LogCounts } from './log-counts.ts'
import { parseNote, signedBy, signNote, type SignerKey, type VerifierKey } from './note.ts'
import { countsSchema, type Counts } from './tally.ts'

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
  readonly counts: LogCounts
  readonly key: SignerKey
  readonly clock: Clock
  readonly policy: () => string
  readonly content: ContentPolicy
}

/** Says how a server is run, and signs it: of what was done, only what the log holds. */
export class Transparency {
  readonly #parts: TransparencyParts

  constructor(parts: TransparencyParts) {
    this.#parts = parts
  }

  /** A signed note: its kind on the first line, then the statement as one line of canonical JSON. */
  async signed(): Promise<{ statement: Statement; note: string }> {
    const statement = await this.#statement()
    return { statement, note: signNote(`${firstLine}\n${canonical(statement)}\n`, this.#parts.key) }
  }

  async #statement(): Promise<Statement> {
    const { counts, key, clock, policy, content } = this.#parts
    const { checkpoint, counted } = await counts.now()
    return {
      origin: key.name,
      at: clock.now(),
      size: checkpoint.size,
      root: Buffer.from(checkpoint.root).toString('base64'),
      witnesses: witnessesOf(checkpoint),
      policy: policy(),
      retention: content,
      ...counted,
    }
  }
}

/** Only what was checked when it came is kept below a checkpoint. */
function witnessesOf({ note, origin }: SignedCheckpoint): string[] {
  return note.signatures.map(({ name }) => name).filter((name) => name !== origin)
}

/** As it is served, and signed. */
export const statementSchema = z.strictObject({
  origin: z.string(),
  at: z.int(),
  size: z.int().min(0),
  root: z.string(),
  witnesses: z.array(z.string()),
  policy: z.string(),
  retention: z.strictObject({ keep: z.enum(['none', 'flagged', 'all']), days: z.int().min(0) }),
  ...countsSchema.shape,
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
