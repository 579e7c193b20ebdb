import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/any-text.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { rootOf, same } from './merkle.ts'
import { parseNote } from './note.ts'
import {
  bundleHashes,
  formatBundle,
  parseBundle,
  parseTile,
  parseTilePath,
  tilePath,
  tilesOf,
} from './tile.ts'

describe('tiles', () => {
  test('are named as the specification names them', () => {
    expect(tilePath({ level: 2, index: 1_234_067, width: 256 })).toBe('2/x001/x234/067')
    expect(tilePath({ level: 'entries', index: 0, width: 3 })).toBe('entries/000.p/3')
    const name = fc.record({
      level: fc.oneof(fc.constant('entries' as const), fc.nat({ max: 63 })),
      index: fc.nat({ max: 10 ** 12 }),
      width: fc.integer({ min: 1, max: 256 }),
    })
    fc.assert(
      fc.property(name, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile)
      }),
    )
  })

  test.each([
    '0',
    '64/000',
    '00/000',
    '0/00',
    '0/x000/001',
    '0/001.p/0',
    '0/001.p/256',
    '0/001.p/01',
    '0/000/../1',
  ])('%s is none', (path) => expect(parseTilePath(path)).toBeNull())

  test('of a tree are those of the specification’s example', () => {
    const tiles = tilesOf(70_000)
    const at = (level: number) => tiles.filter((tile) => tile.level === level).map(({ width }) => width)
    expect([at(0).length, at(0).at(-1), at(1), at(2)]).toEqual([274, 112, [256, 17], [1]])
  })

  test('bundles hold what was put into them, and nothing else', () => {
    const entries = fc.array(anyText({ maxLength: 40 }), { maxLength: 20 })
    fc.assert(
      fc.property(entries, (texts) => {
        const bundle = formatBundle(texts)
        expect(parseBundle(bundle, texts.length)?.map(String)).toEqual(texts)
        expect(parseBundle(Buffer.concat([bundle, Buffer.of(0)]), texts.length)).toBeNull()
      }),
      { numRuns: 20 },
    )
  })
})

const vectors = new URL('../../../shared/vectors/tessera/testdata/log/', import.meta.url)
const here = existsSync(vectors)
const where = here ? '' : ' (skipped: it lies in ../shared only)'

test.skipIf(!here)(`the public log is read: bundles, tiles and checkpoint agree${where}`, () => {
  const note = parseNote(readFileSync(new URL('checkpoint', vectors), 'utf8'))
  const checkpoint = parseCheckpoint(note?.text ?? '')
  const width = checkpoint?.size ?? 0
  const read = (level: 0 | 'entries') =>
    readFileSync(new URL(`tile/${tilePath({ level, index: 0, width })}`, vectors))
  const hashes = bundleHashes(parseBundle(read('entries'), width) ?? [])
  expect(hashes.map(String)).toEqual(parseTile(read(0), width)?.map(String))
  expect(checkpoint !== null && same(rootOf(hashes), checkpoint.root)).toBe(true)
})
