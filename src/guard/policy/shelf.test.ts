import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPolicyShelf } from './shelf.ts'

const assignment = { policy: 'standard', organisations: {}, keys: {}, models: {}, restricted: 'strict' }

test('a policy that is put in place after the start holds, though there was no folder', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-shelf-'))
  const folder = join(home, 'policies')
  const changes: string[] = []
  const shelf = openPolicyShelf(folder, assignment, {
    onChange: (policy) => Promise.resolve().then(() => void changes.push(policy.version)),
  })
  onTestFinished(() => {
    shelf.close()
    rmSync(home, { recursive: true })
  })
  mkdirSync(folder)
  writeFileSync(join(folder, 'standard.toml'), 'name = "standard"\nsummary = "Ours."\n')
  await expect.poll(() => shelf.standing.summary, { timeout: 30_000 }).toBe('Ours.')
  expect(changes).toEqual([shelf.standing.version])
})
