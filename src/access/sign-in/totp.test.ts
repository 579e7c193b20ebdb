import { describe, expect, test } from 'vitest'
import { newTotpSecret, otpauthUri, totpCode, totpStep, totpStepOf } from './totp.ts'

/** `12345678901234567890`, the seed of RFC 6238, appendix B. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('codes of an app', () => {
  test.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('at %i s are those of the specification', (seconds, code) => {
    expect(totpCode(secret, totpStep(seconds * 1000))).toBe(code)
  })

  test('hold a step longer and a step earlier, and not after one that was used', () => {
    const now = 1_700_000_000_000
    const step = totpStep(now)
    for (const distance of [-1, 0, 1])
      expect(totpStepOf(totpCode(secret, step + distance), secret, now, 0)).toBe(step + distance)
    for (const distance of [-2, 2])
      expect(totpStepOf(totpCode(secret, step + distance), secret, now, 0)).toBeNull()
    expect(totpStepOf(totpCode(secret, step), secret, now, step)).toBeNull()
    for (const code of ['', '12345', '1234567', 'abcdef', `${totpCode(secret, step)}0`])
      expect(totpStepOf(code, secret, now, 0)).toBeNull()
  })

  test('a new secret has 160 bits, and its address says all that an app needs', () => {
    const made = newTotpSecret()
    expect(made).toMatch(/^[A-Z2-7]{32}$/)
    expect(otpauthUri(made, 'ann@example.org', 'Elpis')).toBe(
      `otpauth://totp/Elpis:ann%40example.org?secret=${made}&issuer=Elpis&algorithm=SHA1&digits=6&period=30`,
    )
  })
})
