/** Signed notes and their keys as https://c2sp.org/signed-note has them. */
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'

/** Ed25519 over the text of the note. */
export const plainSignature = 0x01
/** Ed25519 with a time, of a witness: https://c2sp.org/tlog-cosignature */
export const cosignatureV1 = 0x04

/** A key that can check signatures: a name, and what kind of signature it makes. */
export interface VerifierKey {
  readonly name: string
  /** 8 hex digits. */
  readonly id: string
  readonly type: typeof plainSignature | typeof cosignatureV1
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

export interface SignerKey extends VerifierKey {
  readonly privateKey: KeyObject
}

export interface Signature {
  readonly name: string
  readonly id: string
  /** What follows the id. */
  readonly bytes: Uint8Array
}

export interface Note {
  /** Ends with a newline. */
  readonly text: string
  readonly signatures: readonly Signature[]
}

const mostNoteBytes = 64 * 1024
const mostSignatures = 64
/** What stands before the 32 bytes of an Ed25519 key in its standard encodings (RFC 8410). */
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The parts of a note; null when it is none. Says nothing about whether a signature is good. */
export function parseNote(note: string): Note | null {
  // oxlint-disable-next-line no-control-regex -- the specification excludes them
  if (note.length > mostNoteBytes || /[\0-\x09\x0b-\x1f]/.test(note) || !note.isWellFormed()) return null
  const end = note.lastIndexOf('\n\n')
  if (end === -1 || !note.endsWith('\n')) return null
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > mostSignatures) return null
  const signatures = lines.map(parseSignature)
  return signatures.includes(null)
    ? null
    : { text: note.slice(0, end + 1), signatures: signatures as Signature[] }
}

/** One signature line, without its newline. */
export function parseSignature(line: string): Signature | null {
  const [, name = '', base64 = ''] = /^— ([^\s+]+) ([\w+/=-]+)$/u.exec(line) ?? []
  const bytes = fromBase64(base64)
  if (name === '' || bytes === null || bytes.length < 5) return null
  return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) }
}

/** One signature line of a note. */
export function formatSignature({ name, id, bytes }: Signature): string {
  return `— ${name} ${Buffer.concat([Buffer.from(id, 'hex'), bytes]).toString('base64')}\n`
}

/** A note with the signature of this key; the text must end with a newline. */
export function signNote(text: string, key: SignerKey): string {
  return `${text}\n${formatSignature({ ...key, bytes: sign(null, Buffer.from(text), key.privateKey) })}`
}

/**
 * Whether `key` signed the note. A signature that says it is of this key and is wrong spoils the note, as the
 * specification advises.
 */
export function signedBy({ text, signatures }: Note, key: VerifierKey): boolean {
  const own = signatures.filter(({ name, id }) => name === key.name && id === key.id)
  const message = Buffer.from(text)
  return own.length > 0 && own.every(({ bytes }) => verify(null, message, publicKeyOf(key), bytes))
}

/** A witness's signature on a note: its line, to be put below the others. */
export function cosign(text: string, key: SignerKey, now: number): string {
  const seconds = Math.floor(now / 1000)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  const bytes = Buffer.concat([time, sign(null, cosigned(text, String(seconds)), key.privateKey)])
  return formatSignature({ ...key, bytes })
}

/** When a witness signed the note, in milliseconds; null when it did not, or not rightly. */
export function cosignedAt({ text, signatures }: Note, key: VerifierKey): number | null {
  for (const { name, id, bytes } of signatures) {
    if (name !== key.name || id !== key.id || bytes.length !== 72) continue
    const seconds = Buffer.from(bytes).readBigUInt64BE(0)
    if (seconds > 253_402_300_799n) return null
    const message = cosigned(text, String(seconds))
    return verify(null, message, publicKeyOf(key), bytes.subarray(8)) ? Number(seconds) * 1000 : null
  }
  return null
}

function cosigned(text: string, seconds: string): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)
}

/** `name+id+base64`, as `elpis audit key` prints it. */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.of(type), publicKey]).toString('base64')}`
}

/** Null when it is no key of ours. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const [, name = '', id = '', base64 = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([\w+/=]+)$/u.exec(text.trim()) ?? []
  const bytes = fromBase64(base64)
  const type = bytes?.[0]
  if (bytes?.length !== 33 || (type !== plainSignature && type !== cosignatureV1)) return null
  const key = verifierKey(name, type, bytes.subarray(1))
  return key.id === id ? key : null
}

function verifierKey(name: string, type: VerifierKey['type'], publicKey: Uint8Array): VerifierKey {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'hex')
  return { name, id: digest.slice(0, 8), type, publicKey }
}

/** The key of 32 secret bytes. */
export function signerKey(name: string, type: VerifierKey['type'], seed: Uint8Array): SignerKey {
  const der = Buffer.concat([privatePrefix, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { ...verifierKey(name, type, spki.subarray(publicPrefix.length)), privateKey }
}

function publicKeyOf({ publicKey }: VerifierKey): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' })
}

/** Only what would be written the same way again: two texts for one value are two ways to be mistaken. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

/** A private key as one line, as Go's `note` package writes it. */
export function formatSigner({ name, id, type, privateKey }: SignerKey): string {
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(privatePrefix.length)
  return `PRIVATE+KEY+${name}+${id}+${Buffer.concat([Buffer.of(type), seed]).toString('base64')}`
}

/** Null when it is no key of ours. */
export function parseSigner(text: string): SignerKey | null {
  const [, name = '', id = '', base64 = ''] =
    /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([\w+/=]+)$/u.exec(text.trim()) ?? []
  const bytes = fromBase64(base64)
  const type = bytes?.[0]
  if (bytes?.length !== 33 || (type !== plainSignature && type !== cosignatureV1)) return null
  const key = signerKey(name, type, bytes.subarray(1))
  return key.id === id ? key : null
}
