import { RecentMap } from '../core/recent-map.ts'
import { inclusionRanges, consistencyRanges, rootOf, type Hash, type Range } from './merkle.ts'
import type { AuditStore, FullTile } from './store.ts'
import { tileWidth, type TileName } from './tile.ts'

/** Leaves whose tiles are made in one go. */
const tilesAtOnce = 16
const mostKept = 256

/**
 * The hashes of the log's tree. Of the tree, only leaves and full tiles are stored: what is at its right edge is computed
 * when somebody asks.
 */
export class Tree {
  readonly #store: AuditStore
  /** Full tiles, which never change. */
  readonly #kept = new RecentMap<string, readonly Hash[]>(mostKept)

  constructor(store: AuditStore) {
    this.#store = store
  }

  /** Makes the tiles that are full in a tree of `size`. Several servers may do so at once: they make the same. */
  async fill(size: number): Promise<void> {
    for (let level = 0, below = size; below >= tileWidth; level++) {
      const wanted = Math.floor(below / tileWidth)
      for (let number = await this.#store.tileCount(level); number < wanted; number += tilesAtOnce) {
        const end = Math.min(wanted, number + tilesAtOnce)
        const hashes = await this.#below(level, number * tileWidth, end * tileWidth)
        const tiles: FullTile[] = []
        for (let at = number; at < end; at++) {
          const own = hashes.slice((at - number) * tileWidth, (at - number + 1) * tileWidth)
          tiles.push({ level, number: at, hashes: base64(Buffer.concat(own)), root: base64(rootOf(own)) })
        }
        await this.#store.addTiles(tiles)
      }
      below = wanted
    }
  }

  /** The hashes of one tile; null when the tree is not that large. Full tiles must have been made. */
  async tile({
    level,
    index,
    width,
  }: TileName & { readonly level: number }): Promise<readonly Hash[] | null> {
    const name = `${level} ${index}`
    const kept = this.#kept.use(name)
    if (kept !== undefined) return kept.slice(0, width)
    const full = await this.#store.tile(level, index)
    if (full !== null) {
      const hashes = hashesOf(full)
      this.#kept.set(name, hashes)
      return hashes.slice(0, width)
    }
    const hashes = await this.#below(level, index * tileWidth, index * tileWidth + width)
    return hashes.length === width ? hashes : null
  }

  root(size: number): Promise<Hash> {
    return this.#hashOf({ begin: 0, end: size })
  }

  async inclusionProof(index: number, size: number): Promise<Hash[]> {
    return await Promise.all(inclusionRanges(index, size).map((range) => this.#hashOf(range)))
  }

  async consistencyProof(old: number, size: number): Promise<Hash[]> {
    return await Promise.all(consistencyRanges(old, size).map((range) => this.#hashOf(range)))
  }

  /** The hash over a subtree that begins where a tile of its height may begin. */
  async #hashOf({ begin, end }: Range): Promise<Hash> {
    let [level, span] = [0, 1]
    while (end - begin > span * tileWidth) {
      level++
      span *= tileWidth
    }
    // Whole hashes of this level, all in one tile, then what is left to the right of them.
    const index = Math.floor(begin / span / tileWidth)
    const skipped = begin / span - index * tileWidth
    const whole = Math.floor((end - begin) / span)
    const hashes = await this.tile({ level, index, width: skipped + whole })
    if (hashes === null) throw new RangeError(`The log has no leaves from ${begin} to ${end}.`)
    const left = hashes.slice(skipped)
    const rest = begin + whole * span
    return rootOf(rest === end ? left : [...left, await this.#hashOf({ begin: rest, end })])
  }

  /** Hashes of a level, in order: of leaves, or of the full tiles below. */
  async #below(level: number, begin: number, end: number): Promise<Hash[]> {
    const texts =
      level === 0
        ? await this.#store.leafHashes(begin, end)
        : await this.#store.tileRoots(level - 1, begin, end)
    return texts.map((text) => Buffer.from(text, 'base64'))
  }
}

function hashesOf(text: string): Hash[] {
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: bytes.length / 32 }, (_, place) => bytes.subarray(place * 32, place * 32 + 32))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
