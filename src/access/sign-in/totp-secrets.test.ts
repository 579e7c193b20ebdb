import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { PersonId } from '../../core/ids.ts'
import { TotpSecrets } from './totp-secrets.ts'
import { newTotpSecret } from './totp.ts'

test('what is stored does not hold the secret, and opens for its person and home only', () => {
  const home = randomBytes(32)
  const secrets = new TotpSecrets(home)
  const [ann, bob] = ['person_ann' as PersonId, 'person_bob' as PersonId]
  const secret = newTotpSecret()
  const stored = secrets.seal(ann, secret)
  expect(stored).not.toContain(secret)
  expect(stored).not.toBe(secrets.seal(ann, secret))
  expect(new TotpSecrets(home).open(ann, stored)).toBe(secret)
  expect(secrets.open(bob, stored)).toBeNull()
  expect(new TotpSecrets(randomBytes(32)).open(ann, stored)).toBeNull()
})

test('a secret from before is taken as it stands', () => {
  const secret = newTotpSecret()
  expect(new TotpSecrets(randomBytes(32)).open('person_ann' as PersonId, secret)).toBe(secret)
})
