/** How often somebody may try to sign in, on a real database. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { countTry } from '../src/access/sign-in/tries.ts'
import { openStorage } from '../src/storage/storage.ts'
import { prepareDatabase } from './support/prepared-home.ts'

const minute = 60_000
const network = '192.0.2.1'

async function opened() {
  const home = mkdtempSync(join(tmpdir(), 'elpis-tries-'))
  prepareDatabase(home)
  const storage = await openStorage({ home })
  onTestFinished(async () => {
    await storage.close()
    rmSync(home, { recursive: true, force: true })
  })
  return (account: string, now: number) =>
    countTry(storage.signIn, { method: 'password', account, network, now })
}

test('many people behind one address sign in, and one person often', async () => {
  const tried = await opened()
  for (let person = 0; person < 100; person++) {
    const tries = await tried(`person${person}@example.org`, person)
    await tries.succeeded()
  }
  for (let time = 0; time < 120; time++) {
    const tries = await tried('often@example.org', time)
    await tries.succeeded()
  }
  await expect(tried('new@example.org', 200)).resolves.toBeDefined()
})

test('a success takes back its own try and none that failed', async () => {
  const tried = await opened()
  for (let guess = 0; guess < 60; guess++) {
    await tried(`victim${guess}@example.org`, guess)
    if (guess < 59) await (await tried('own@example.org', guess)).succeeded()
  }
  await expect(tried('own@example.org', 100)).rejects.toMatchObject({ code: 'too_many_tries' })
})

test('a success takes back nothing of a count that began after its try', async () => {
  const tried = await opened()
  const slow = await tried('own@example.org', 0)
  const later = 15 * minute + 1
  for (let guess = 0; guess < 60; guess++) await tried(`victim${guess}@example.org`, later)
  await slow.succeeded()
  await expect(tried('victim@example.org', later)).rejects.toMatchObject({ code: 'too_many_tries' })
})
