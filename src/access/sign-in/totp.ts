/** Codes of authenticator apps: TOTP (RFC 6238) over SHA-1, 6 digits, steps of 30 seconds, as every app knows them. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const stepMilliseconds = 30_000
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Clocks of telephones are off by some seconds: a code holds one step longer and one earlier. */
const tolerance = 1

/** 160 random bits (RFC 4226, 4: as many as the hash has), base32. */
export function newTotpSecret(): string {
  return base32(randomBytes(20))
}

/** The number of the 30-second step that holds `now` (milliseconds since 1970). */
export function totpStep(now: number): number {
  return Math.floor(now / stepMilliseconds)
}

/** The code of a step (RFC 4226, 5.3). */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/**
 * The step whose code this is; null when it is none of those around now, or was used up.
 *
 * @param lastStep the newest step that was used
 */
export function totpStepOf(code: string, secret: string, now: number, lastStep: number): number | null {
  const given = Buffer.from(code.padEnd(6).slice(0, 6))
  let found: number | null = null
  for (let distance = -tolerance; distance <= tolerance; distance++) {
    const step = totpStep(now) + distance
    // All are compared, whichever fits: how long it takes says nothing.
    const fits = timingSafeEqual(Buffer.from(totpCode(secret, step)), given)
    if (fits && step > lastStep) found = step
  }
  return /^\d{6}$/.test(code) ? found : null
}

/** What an app reads from the QR code (the key URI format of Google Authenticator). */
export function otpauthUri(secret: string, account: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=6&period=30`
}

/** RFC 4648, 6, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text)
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
