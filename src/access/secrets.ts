/**
 * The shapes of keys and tokens. A key is `elpis-`, 43 random letters and digits (256 bits) and 6 that check them, as
 * GitHub's tokens have: a mistyped key is told from a revoked one, and scanners for leaked secrets find no false ones.
 */
import { hash, randomBytes, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type {
  KeyId,
  KeySecret,
  LinkToken,
  OrganisationId,
  PersonId,
  SessionId,
  SessionSecret,
  Sha256,
} from '../core/ids.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const keyShape = /^elpis-([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/
/** `elpis-` and four characters: 24 of 256 bits. */
const prefixLength = 10

/** A new API key, from the system's random source. Shown once; only its hash is stored. */
export function newKeySecret(): KeySecret {
  const random = letters(43)
  return `elpis-${random}${checksum(random)}` as KeySecret
}

/** `key_` and 16 random letters and digits; not a secret. */
export function newKeyId(): KeyId {
  return `key_${letters(16)}` as KeyId
}

/** `org_` and 16 random letters and digits; not a secret. */
export function newOrganisationId(): OrganisationId {
  return `org_${letters(16)}` as OrganisationId
}

/** `quota_` and 16 random letters and digits; not a secret. */
export function newQuotaId(): string {
  return `quota_${letters(16)}`
}

/** `person_` and 16 random letters and digits; not a secret. */
export function newPersonId(): PersonId {
  return `person_${letters(16)}` as PersonId
}

/** `ses_` and 16 random letters and digits; names a session in lists, and opens nothing. */
export function newSessionId(): SessionId {
  return `ses_${letters(16)}` as SessionId
}

/** What the cookie of a session holds: 256 random bits in base64url. */
export function newSessionSecret(): SessionSecret {
  return randomBytes(32).toString('base64url') as SessionSecret
}

/** The secret part of a link that lets somebody in: 256 random bits in base64url. */
export function newLinkToken(): LinkToken {
  return randomBytes(32).toString('base64url') as LinkToken
}

/** Whether `text` could be a key at all. Says nothing about whether it is one. */
export function looksLikeKey(text: string): text is KeySecret {
  const [, random = '', check] = keyShape.exec(text) ?? []
  return check !== undefined && checksum(random) === check
}

/** Whether `text` could be a cookie or a link's token. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** The first 10 characters of a key, to tell keys apart in lists. */
export function displayPrefix(key: KeySecret): string {
  return key.slice(0, prefixLength)
}

/** SHA-256 without salt or stretching: these secrets have 256 random bits, there is nothing to guess faster. */
export function hashOf(secret: string): Sha256 {
  return hash('sha256', secret, 'hex') as Sha256
}

function letters(count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('')
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place++) {
    digits = `${alphabet[rest % alphabet.length]}${digits}`
    rest = Math.floor(rest / alphabet.length)
  }
  return digits
}
