/** What this browser knows of the log of this server: its key, and the last checkpoint that was seen. */
import { z } from '../schema.ts'
import { callFor, call } from '../server/call.ts'
import { fromBase64, toBase64 } from './bytes.ts'
import { provesGrowth } from './merkle.ts'
import { openCheckpoint, parseLogKey } from './note.ts'

const pinSchema = z.object({
  key: z.string(),
  since: z.number(),
  size: z.number(),
  root: z.string(),
  seen: z.number(),
  /** What was wrong when the server was asked last, until somebody decides; a checkpoint is proof of it. */
  broken: z.nullable(z.object({ what: z.enum(['key', 'history']), found: z.string(), at: z.number() })),
})

export type Pin = z.infer<typeof pinSchema>

export type LogState =
  /** Seen for the first time: nothing to compare with. */
  | { readonly kind: 'new'; readonly pin: Pin }
  /** As it was, or grown from it. */
  | { readonly kind: 'kept'; readonly pin: Pin; readonly before: number }
  | { readonly kind: 'broken'; readonly pin: Pin; readonly what: 'key' | 'history'; readonly found: string }
  /** This browser cannot check signatures here, or keep what it knows. */
  | { readonly kind: 'unchecked'; readonly why: string }

const place = 'elpis.log'
const grown = z.object({ checkpoint: z.string(), proof: z.array(z.string()) })

function load(): Pin | null {
  try {
    const parsed = z.safeParse(pinSchema, JSON.parse(localStorage.getItem(place) ?? 'null'))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/**
 * Asks the server for its key and checkpoint, and compares them with what was seen before. What does not fit stays broken,
 * whatever the server says later, until somebody trusts it anew.
 *
 * @throws ProblemError when the server cannot be asked
 */
export async function checkLog(signal: AbortSignal): Promise<LogState> {
  if (!('subtle' in crypto)) {
    return { kind: 'unchecked', why: 'Browsers check signatures on https and localhost only.' }
  }
  const pin = load()
  if (pin?.broken != null) return { kind: 'broken', pin, ...pin.broken }
  const key = (await (await call('/log/key', { signal })).text()).trim()
  const { checkpoint, proof } = await callFor(grown, `/log/consistency?old=${pin?.size ?? 0}`, { signal })
  if (pin !== null && pin.key !== key) return broken(pin, 'key', key)
  const parsed = await parseLogKey(key)
  let now
  try {
    now = parsed === null ? null : await openCheckpoint(checkpoint, parsed)
  } catch {
    return { kind: 'unchecked', why: 'This browser does not know signatures by Ed25519.' }
  }
  if (now === null) {
    if (pin !== null) return broken(pin, 'history', checkpoint)
    return { kind: 'unchecked', why: 'The checkpoint is not signed by the key that the server names.' }
  }
  const seen = { size: now.size, root: toBase64(now.root), seen: Date.now() }
  if (pin === null) return kept({ key, since: Date.now(), ...seen, broken: null }, null)
  const root = fromBase64(pin.root)
  const hashes = proof.map(fromBase64)
  const fits =
    root !== null &&
    !hashes.includes(null) &&
    (await provesGrowth({ size: pin.size, root }, now, hashes as Uint8Array<ArrayBuffer>[]))
  return fits ? kept({ ...pin, ...seen }, pin) : broken(pin, 'history', checkpoint)
}

/** Forgets what was known: what the server says next is taken as it is. */
export function trustAnew(): void {
  localStorage.removeItem(place)
}

function kept(pin: Pin, before: Pin | null): LogState {
  try {
    localStorage.setItem(place, JSON.stringify(pin))
  } catch {
    return { kind: 'unchecked', why: 'This browser keeps nothing for this page.' }
  }
  return before === null ? { kind: 'new', pin } : { kind: 'kept', pin, before: before.size }
}

function broken(pin: Pin, what: 'key' | 'history', found: string): LogState {
  const at = Date.now()
  localStorage.setItem(place, JSON.stringify({ ...pin, broken: { what, found, at } } satisfies Pin))
  return { kind: 'broken', pin, what, found }
}
