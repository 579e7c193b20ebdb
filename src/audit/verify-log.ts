/** Checks a whole log with nothing but its public key: every entry, every tile, the signature over all of them. */
import { openCheckpoint } from './checkpoint.ts'
import { Frontier } from './frontier.ts'
import { parseEntry, type LogEntry } from './log-entry.ts'
import { rootOf, same, type Hash } from './merkle.ts'
import { cosignedAt, type VerifierKey } from './note.ts'
import { bundleHashes, parseBundle, parseTile, tileWidth, type TileName } from './tile.ts'

/** Where a log can be read. */
export interface LogSource {
  checkpoint(): Promise<string>
  /** Null when it is not there. */
  tile(name: TileName): Promise<Uint8Array | null>
}

export interface LogReport {
  readonly ok: boolean
  /** What is wrong, the first twenty of it. */
  readonly problems: readonly string[]
  readonly origin: string
  readonly size: number
  /** Base64. */
  readonly root: string
  /** Entries of requests; null when the entries themselves could not be read, only their hashes. */
  readonly requests: number | null
  readonly acts: number | null
  /** Names of the witnesses that signed the checkpoint, of those that were asked about. */
  readonly witnesses: readonly string[]
}

const mostProblems = 20

interface Checking {
  readonly source: LogSource
  readonly key: VerifierKey
  readonly witnesses?: readonly VerifierKey[]
  /** Hashes alone: for those who may not read entries. */
  readonly hashesOnly?: boolean
  readonly onEntry?: (entry: LogEntry, position: number) => void
}

/** Reads the log from its source and reports what is wrong with it, entry by entry. */
export async function verifyLog(checking: Checking): Promise<LogReport> {
  return await new LogCheck(checking).run()
}

class LogCheck {
  readonly #checking: Checking
  readonly #problems: string[] = []
  readonly #ids = new Set<string>()
  readonly #counts = { request: 0, act: 0 }

  constructor(checking: Checking) {
    this.#checking = checking
  }

  async run(): Promise<LogReport> {
    const { source, key, witnesses = [], hashesOnly = false } = this.#checking
    const checkpoint = openCheckpoint(await source.checkpoint(), key)
    if (checkpoint === null) {
      this.#problem(`the checkpoint is not signed by ${key.name}`)
      return this.#report({ origin: key.name, size: 0, root: '', witnesses: [], hashesOnly })
    }
    const { size, root } = checkpoint
    const frontier = new Frontier()
    let hashes: Hash[] = []
    for (let index = 0; index * tileWidth < size; index++) {
      const width = Math.min(tileWidth, size - index * tileWidth)
      const leaves = await this.#leaves(index, width)
      if (leaves === null) break
      for (const leaf of leaves) frontier.add(leaf)
      if (width === tileWidth) hashes.push(rootOf(leaves))
    }
    if (this.#problems.length === 0 && !same(frontier.root, root)) {
      this.#problem('the entries do not hash to the root that was signed')
    }
    for (let level = 1; hashes.length > 0; level++) hashes = await this.#level(level, hashes)
    const signed = witnesses.filter((witness) => cosignedAt(checkpoint.note, witness) !== null)
    return this.#report({
      origin: checkpoint.origin,
      size,
      root: Buffer.from(root).toString('base64'),
      witnesses: signed.map(({ name }) => name),
      hashesOnly,
    })
  }

  /** The leaf hashes of one tile, from the entries where they may be read; null when they are not there. */
  async #leaves(index: number, width: number): Promise<Hash[] | null> {
    const { source, hashesOnly = false } = this.#checking
    const tile = await source.tile({ level: 0, index, width })
    const claimed = tile === null ? null : parseTile(tile, width)
    if (claimed === null) this.#problem(`tile 0/${index} is missing or has another size`)
    if (hashesOnly) return claimed
    const bundle = await source.tile({ level: 'entries', index, width })
    const entries = bundle === null ? null : parseBundle(bundle, width)
    if (entries === null) {
      this.#problem(`entries ${index * tileWidth} and following are missing or damaged`)
      return null
    }
    const hashes = bundleHashes(entries)
    for (const [place, bytes] of entries.entries()) {
      const position = index * tileWidth + place
      const hash = claimed?.[place]
      if (hash !== undefined && !same(hash, hashes[place] as Hash)) {
        this.#problem(`entry ${position} is not what was hashed`)
      }
      this.#entry(bytes, position)
    }
    return hashes
  }

  #entry(bytes: Uint8Array, position: number): void {
    const entry = parseEntry(bytes)
    if (entry === null) {
      this.#problem(`entry ${position} is not one of this log's kinds`)
      return
    }
    if (this.#ids.has(entry.id)) this.#problem(`entry ${position} has the id of an earlier one, ${entry.id}`)
    this.#ids.add(entry.id)
    this.#counts[entry.type]++
    this.#checking.onEntry?.(entry, position)
  }

  /** Compares the tiles of a level with the roots of those below. @returns the roots of its own full tiles */
  async #level(level: number, hashes: readonly Hash[]): Promise<Hash[]> {
    const roots: Hash[] = []
    for (let index = 0; index * tileWidth < hashes.length; index++) {
      const own = hashes.slice(index * tileWidth, (index + 1) * tileWidth)
      const bytes = await this.#checking.source.tile({ level, index, width: own.length })
      if (bytes === null || !same(bytes, Buffer.concat(own))) {
        this.#problem(`tile ${level}/${index} is missing or is not what lies below it`)
      }
      if (own.length === tileWidth) roots.push(rootOf(own))
    }
    return roots
  }

  #problem(text: string): void {
    if (this.#problems.length < mostProblems) this.#problems.push(text)
  }

  #report(
    found: Pick<LogReport, 'origin' | 'size' | 'root' | 'witnesses'> & { hashesOnly: boolean },
  ): LogReport {
    const { hashesOnly, ...rest } = found
    return {
      ok: this.#problems.length === 0,
      problems: this.#problems,
      ...rest,
      requests: hashesOnly ? null : this.#counts.request,
      acts: hashesOnly ? null : this.#counts.act,
    }
  }
}
