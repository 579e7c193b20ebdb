import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WatchedFolder } from './watched-folder.ts'

const patience = { timeout: 30_000 }

test('a folder that is made later is read, and then each change in it', async () => {
  const { folder, held } = watchedFolder()
  mkdirSync(folder)
  writeFileSync(join(folder, 'first'), '')
  await expect.poll(held, patience).toEqual(['first'])
  writeFileSync(join(folder, 'second'), '')
  await expect.poll(held, patience).toEqual(['first', 'second'])
})

test('a folder that is removed and made again is watched again', async () => {
  const { folder, held } = watchedFolder('first')
  writeFileSync(join(folder, 'second'), '')
  await expect.poll(held, patience).toEqual(['first', 'second'])
  rmSync(folder, { recursive: true })
  await expect.poll(held, patience).toEqual([])
  mkdirSync(folder)
  await new Promise((resolve) => setTimeout(resolve, 100))
  writeFileSync(join(folder, 'third'), '')
  await expect.poll(held, patience).toEqual(['third'])
})

/** What `held` gives is what was read last. */
function watchedFolder(...files: string[]): { folder: string; held: () => string[] } {
  const parent = mkdtempSync(join(tmpdir(), 'elpis-watched-'))
  const folder = join(parent, 'folder')
  if (files.length > 0) mkdirSync(folder)
  for (const file of files) writeFileSync(join(folder, file), '')
  let last = files
  const watched = new WatchedFolder(folder, {
    reload: () => Promise.resolve().then(() => void (last = namesIn(folder))),
    onTrouble: undefined,
  })
  watched.observe()
  onTestFinished(() => {
    watched.close()
    rmSync(parent, { recursive: true })
  })
  return { folder, held: () => last }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}
