/** A witness as https://c2sp.org/tlog-witness has it: signs a log's checkpoints for as long as the log only grows. */
import { openCheckpoint } from './checkpoint.ts'
import { provesConsistency, same, type Hash } from './merkle.ts'
import { cosign, fromBase64, type SignerKey, type VerifierKey } from './note.ts'

const mostProofLines = 63

/** The last tree of each log that was signed, by origin. */
export interface WitnessMemory {
  /** Null when nothing of this log was signed yet. */
  last(origin: string): { readonly size: number; readonly root: Hash } | null
  /** Durable when it returns. */
  remember(origin: string, tree: { readonly size: number; readonly root: Hash }): void
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly type: 'text/plain; charset=utf-8' | 'text/x.tlog.size'
  readonly body: string
}

interface WitnessParts {
  readonly key: SignerKey
  /** The logs that are signed. */
  readonly logs: readonly VerifierKey[]
  readonly memory: WitnessMemory
  readonly now: () => number
}

/** Answers `add-checkpoint`. Synchronous from the look at the memory to its change, so that no two requests cross. */
export function addCheckpoint(body: string, { key, logs, memory, now }: WitnessParts): WitnessAnswer {
  const end = body.indexOf('\n\n')
  const [first = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n')
  const [, digits] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? []
  const proof = lines.map(fromBase64)
  if (digits === undefined || proof.length > mostProofLines || proof.some((hash) => hash?.length !== 32)) {
    return refusal(400, 'the request is malformed')
  }
  const signed = body.slice(end + 2)
  const origin = signed.split('\n', 1)[0] ?? ''
  const own = logs.filter(({ name }) => name === origin)
  if (own.length === 0) return refusal(404, 'this log is not known here')
  const checkpoint = own.map((log) => openCheckpoint(signed, log)).find((opened) => opened !== null)
  if (checkpoint == null)
    return refusal(403, 'the checkpoint is not signed by a key that is known for this log')
  const old = Number(digits)
  const { size, root, note } = checkpoint
  if (old > size) return refusal(400, 'the old size is larger than the checkpoint')
  const last = memory.last(origin) ?? { size: 0, root: null }
  if (last.size !== old) return { status: 409, type: 'text/x.tlog.size', body: `${last.size}\n` }
  if (last.root !== null && old === size && !same(last.root, root)) {
    return refusal(409, 'another tree of this size was signed before')
  }
  const grew =
    last.root === null || old === 0
      ? proof.length === 0
      : provesConsistency({ size: old, root: last.root }, { size, root }, proof as Hash[])
  if (!grew) return refusal(422, 'the proof does not show that the log only grew')
  memory.remember(origin, { size, root })
  return { status: 200, type: 'text/plain; charset=utf-8', body: cosign(note.text, key, now()) }
}

function refusal(status: WitnessAnswer['status'], reason: string): WitnessAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${reason}\n` }
}
