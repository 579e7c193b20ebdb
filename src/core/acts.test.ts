import { expect, test } from 'vitest'
import { actKinds, noActs } from './acts.ts'

test('every kind of act says in a sentence what it means', async () => {
  for (const text of Object.values(actKinds)) expect(text).toMatch(/^[A-Z].*\.$/)
  const act = { kind: 'key-created', by: 'owner', about: 'key_1', details: {} } as const
  expect(await noActs.record(act)).toMatch(/^ent_/)
})
