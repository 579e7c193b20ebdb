import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keyFile } from '../core/key-file.ts'
import { elpisError } from '../errors.ts'
import {
  formatSigner,
  parseSigner,
  plainSignature,
  signerKey,
  type SignerKey,
  type VerifierKey,
} from './note.ts'

export interface HomeKeys {
  /** Signs checkpoints. */
  readonly log: SignerKey
  /** Wraps the keys of subjects. 32 bytes. */
  readonly wrapping: Buffer
}

/**
 * The two secrets of a home, each in a file of its own (0600), made when there is none. Servers that share a database
 * must share both.
 *
 * @param origin what the log calls itself; a name of its own when empty
 * @throws `audit_key_unusable`
 */
export function openHomeKeys(home: string, origin: string): HomeKeys {
  const log = keyLine(join(home, 'log.key'), () =>
    formatSigner(
      signerKey(origin || `elpis-${randomBytes(8).toString('hex')}`, plainSignature, randomBytes(32)),
    ),
  )
  const key = parseSigner(log)
  if (key === null) throw unusable(home, 'log.key', 'it holds no Ed25519 key')
  if (origin !== '' && key.name !== origin) {
    throw unusable(home, 'log.key', `it is the key of "${key.name}", but audit.origin is "${origin}"`)
  }
  const wrapping = Buffer.from(
    keyLine(join(home, 'subjects.key'), () => randomBytes(32).toString('base64')),
    'base64',
  )
  if (wrapping.length !== 32) throw unusable(home, 'subjects.key', 'it does not hold 32 bytes')
  return { log: key, wrapping }
}

function unusable(home: string, name: string, reason: string) {
  return elpisError('audit_key_unusable', { file: join(home, name), reason })
}

/** A private key in a file of its own (0600), made when there is none. @throws `audit_key_unusable` */
export function openKeyFile(path: string, type: VerifierKey['type'], name: string): SignerKey {
  const made = name || `witness-${randomBytes(8).toString('hex')}`
  const key = parseSigner(keyLine(path, () => formatSigner(signerKey(made, type, randomBytes(32)))))
  if (key?.type !== type) {
    throw elpisError('audit_key_unusable', { file: path, reason: 'it holds no key of the right kind' })
  }
  return key
}

/** A key as text, in the first line of its file. */
function keyLine(path: string, fresh: () => string): string {
  return (
    keyFile(path, () => `${fresh()}\n`)
      .toString()
      .split('\n', 1)[0] ?? ''
  )
}
