import { expect, test } from 'vitest'
import { canonical } from './canonical.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { leafHash, rootOf, type Hash } from './merkle.ts'
import { plainSignature, signerKey, signNote } from './note.ts'
import { formatBundle, formatTile, tilePath, tilesOf, tileWidth } from './tile.ts'
import { verifyLog, type LogReport } from './verify-log.ts'

const key = signerKey('log.example', plainSignature, Buffer.alloc(32, 1))

/** All that a log serves: its checkpoint, and its tiles and bundles by their paths. */
type Files = ReadonlyMap<string, Uint8Array>

const hashes = new Map<string, Hash>()

/** Entries change little from trial to trial. */
function hashOf(entry: string): Hash {
  const known = hashes.get(entry)
  if (known !== undefined) return known
  const hash = leafHash(Buffer.from(entry))
  hashes.set(entry, hash)
  return hash
}

/** Tiles and bundles that fit these entries, under the names of those of a tree of `size`. */
function filesOf(entries: readonly string[], size: number, checkpoint: string): Files {
  const files = new Map<string, Uint8Array>([['checkpoint', Buffer.from(checkpoint)]])
  const levels = [entries.slice(0, size).map(hashOf)]
  for (const { level, index, width } of tilesOf(size)) {
    if (level === 'entries') continue
    const own = (levels[level] ?? []).slice(index * tileWidth, index * tileWidth + width)
    files.set(tilePath({ level, index, width }), formatTile(own))
    if (width === tileWidth) (levels[level + 1] ??= []).push(rootOf(own))
    if (level > 0) continue
    const bundle = entries.slice(index * tileWidth, index * tileWidth + width)
    files.set(tilePath({ level: 'entries', index, width }), formatBundle(bundle))
  }
  return files
}

function logOf(size: number) {
  const entries = Array.from({ length: size }, (_, index) => {
    const what = { kind: 'key-created', by: 'owner', about: null, details: { role: 'member' } }
    return canonical({ type: 'act', id: `ent_${index}`, at: index, ...what })
  })
  const root = rootOf(entries.map(hashOf))
  const checkpoint = signNote(formatCheckpoint({ origin: key.name, size, root }), key)
  return { entries, checkpoint, files: filesOf(entries, size, checkpoint) }
}

function verified(files: Files): Promise<LogReport> {
  const source = {
    checkpoint: async () => Buffer.from(files.get('checkpoint') ?? []).toString(),
    tile: async (name: Parameters<typeof tilePath>[0]) => files.get(tilePath(name)) ?? null,
  }
  return verifyLog({ source, key })
}

/** Mulberry32: the same trials each time. @returns whole numbers below a bound */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Random = ReturnType<typeof seeded>

function flipped(bytes: Uint8Array, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  const place = random(changed.length)
  changed[place] = (changed[place] as number) ^ (1 << random(8))
  return changed
}

/** Forgers who change entries and make all tiles anew: only the signature is from before. */
const ofEntries: Record<string, (entries: string[], random: Random) => void> = {
  flipped(entries, random) {
    const at = random(entries.length)
    // Not as UTF-8, in which all that cannot be read is written the same.
    const changed = flipped(Buffer.from(entries[at] as string, 'latin1'), random)
    entries[at] = changed.toString('latin1')
  },
  dropped: (entries, random) => void entries.splice(random(entries.length), 1),
  doubled(entries, random) {
    const at = random(entries.length)
    entries.splice(random(entries.length), 0, entries[at] as string)
  },
  swapped(entries, random) {
    const at = random(entries.length)
    const other = (at + 1 + random(entries.length - 1)) % entries.length
    ;[entries[at], entries[other]] = [entries[other] as string, entries[at] as string]
  },
  moved(entries, random) {
    const at = random(entries.length)
    const to = (at + 1 + random(entries.length - 1)) % entries.length
    entries.splice(to, 0, ...entries.splice(at, 1))
  },
}

/** Entries that are not what they were. A copy of the last one, put behind it, would not be looked at. */
function forged(entries: readonly string[], kind: string, random: Random): string[] {
  for (;;) {
    const own = [...entries]
    ofEntries[kind]?.(own, random)
    if (own.length < entries.length || entries.some((entry, place) => own[place] !== entry)) return own
  }
}

/** Forgers, and broken disks, who change one file of those that are served. */
const ofFiles: Record<string, (bytes: Uint8Array, random: Random) => Uint8Array | null> = {
  'bit of a file': flipped,
  'missing file': () => null,
  'cut file': (bytes, random) => bytes.subarray(0, random(bytes.length)),
  'longer file': (bytes, random) => Buffer.concat([bytes, Buffer.of(random(256))]),
}

test('a log that nobody touched is whole', async () => {
  for (const size of [1, 24, 256, 300]) {
    const report = await verified(logOf(size).files)
    expect(report).toMatchObject({ ok: true, problems: [], size, acts: size, requests: 0 })
  }
})

test(
  'of 10,000 entries and files that were flipped, dropped, doubled, swapped, moved or cut, none is missed',
  { timeout: 120_000 },
  async () => {
    const random = seeded(42)
    // Most trials on a small log, for each reads all of it; one in fifty on one of more than one tile.
    const [small, large] = [logOf(12), logOf(300)]
    const kinds = [...Object.keys(ofEntries), ...Object.keys(ofFiles)]
    const tried: Record<string, number> = {}
    const missed: string[] = []
    for (let trial = 0; trial < 10_000; trial++) {
      const log = trial % 50 === 0 ? large : small
      const kind = kinds[random(kinds.length)] as string
      let files: Files
      let at = 'entries'
      if (kind in ofEntries) {
        files = filesOf(forged(log.entries, kind, random), log.entries.length, log.checkpoint)
      } else {
        at = [...log.files.keys()][random(log.files.size)] as string
        const bytes = ofFiles[kind]?.(log.files.get(at) as Uint8Array, random) ?? null
        const others = [...log.files].filter(([path]) => path !== at)
        files = new Map(bytes === null ? others : [...others, [at, bytes]])
      }
      tried[kind] = (tried[kind] ?? 0) + 1
      if ((await verified(files)).ok) missed.push(`trial ${trial}: ${kind}, ${at}`)
    }
    expect(missed).toEqual([])
    expect(Object.keys(tried).toSorted()).toEqual(kinds.toSorted())
    expect(Math.min(...Object.values(tried))).toBeGreaterThan(900)
  },
)
