import { z } from 'zod'
import { canonical } from './canonical.ts'
import { HmacKey } from '../core/hmac.ts'
import { parseEntry, type LogEntry } from './log-entry.ts'
import { cosignedAt, fromBase64, type VerifierKey } from './note.ts'
import { commit } from './subject-keys.ts'
import { checkpointOf, parseProof } from './tlog-proof.ts'

const extraSchema = z.object({ entry: z.string(), salt: z.string().nullable() })

export interface ReceiptReport {
  readonly ok: boolean
  readonly problem: string | null
  readonly entry: LogEntry | null
  readonly index: number | null
  readonly size: number | null
  /** Names of the witnesses that saw this tree, of those that were asked about. */
  readonly witnesses: readonly string[]
  /** Opens the commitments of the entry; null when it was erased. */
  readonly salt: Uint8Array | null
}

/** Checks a receipt with nothing but the log's public key. */
export function verifyReceipt(
  text: string,
  key: VerifierKey,
  witnesses: readonly VerifierKey[] = [],
): ReceiptReport {
  const proof = parseProof(text)
  if (proof?.extra == null) return failed('it is no receipt')
  let extra: z.output<typeof extraSchema>
  try {
    extra = extraSchema.parse(JSON.parse(Buffer.from(proof.extra).toString()))
  } catch {
    return failed('it does not hold its entry')
  }
  const bytes = Buffer.from(extra.entry)
  const checkpoint = checkpointOf(proof, bytes, key)
  if (checkpoint === null) return failed(`it does not prove that the entry is in the log of ${key.name}`)
  const entry = parseEntry(bytes)
  if (entry === null) return failed('the entry is in the log, but is none of the kinds that are known here')
  return {
    ok: true,
    problem: null,
    entry,
    index: proof.index,
    size: checkpoint.size,
    witnesses: witnesses
      .filter((witness) => cosignedAt(checkpoint.note, witness) !== null)
      .map(({ name }) => name),
    salt: extra.salt === null ? null : fromBase64(extra.salt),
  }
}

function failed(problem: string): ReceiptReport {
  return { ok: false, problem, entry: null, index: null, size: null, witnesses: [], salt: null }
}

/** Whether an entry's commitment is over this value. */
export function opens(
  committed: string | null,
  salt: Uint8Array,
  what: 'prompt' | 'output' | 'settings' | 'record',
  value: unknown,
): boolean {
  return committed !== null && commit(new HmacKey(salt), what, canonical(value)) === committed
}
