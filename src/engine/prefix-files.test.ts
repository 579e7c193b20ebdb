import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { nameOfText, PrefixFiles } from './prefix-files.ts'

const model = 'a'.repeat(64)
const texts = ['Be brief.', 'Be long.', 'Be kind.']
const names = texts.map(nameOfText)

function folder(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-prefixes-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  return join(home, 'prefixes')
}
const bytes = (count: number) => new Uint8Array(count)
const inside = (place: string) => readdirSync(place).toSorted()

test('keeps what is declared, for nobody else to read, and nothing that is not', async () => {
  const place = folder()
  const files = new PrefixFiles(place, 1000, texts)
  const own = files.folderOf(model)!
  files.keep(model, names[0]!, bytes(100))
  files.keep(model, nameOfText('something that somebody said'), bytes(100))
  files.keep(model, '../escaped', bytes(100))
  await files.close()
  expect(inside(own)).toEqual([names[0]])
  expect(inside(place)).toEqual([model])
  expect(statSync(join(own, names[0]!)).mode & 0o777).toBe(0o600)
  expect(statSync(own).mode & 0o777).toBe(0o700)
})

test('never takes more than its bound: the oldest go', async () => {
  const files = new PrefixFiles(folder(), 250, texts)
  const own = files.folderOf(model)!
  files.keep(model, names[2]!, bytes(251))
  for (const [index, name] of names.entries()) {
    files.keep(model, name, bytes(100))
    await files.close()
    utimesSync(join(own, name), 1000 + index, 1000 + index)
  }
  files.keep(model, names[2]!, bytes(100))
  await files.close()
  expect(inside(own)).toEqual(names.slice(1).toSorted())
})

test('what is no longer declared, and drafts of a server that died, are gone after the next start', async () => {
  const place = folder()
  const before = new PrefixFiles(place, 1000, texts)
  const own = before.folderOf(model)!
  for (const name of names) before.keep(model, name, bytes(10))
  await before.close()
  writeFileSync(join(own, `${names[0]}.123-0`), 'half')
  await new PrefixFiles(place, 1000, texts.slice(0, 1)).close()
  expect(inside(own)).toEqual([names[0]])
  const off = new PrefixFiles(place, 0, texts)
  await off.close()
  expect(off.folderOf(model)).toBeNull()
  expect(() => inside(place)).toThrow('ENOENT')
})
