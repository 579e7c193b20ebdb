import type { Hash } from './merkle.ts'
import type { AuditStore } from './store.ts'
import { formatBundle, formatTile, tilesOf, tileWidth, type TileName } from './tile.ts'
import type { Tree } from './tree.ts'

/** The log as it is served: what https://c2sp.org/tlog-tiles names. */
export class PublicLog {
  readonly #store: AuditStore
  readonly #tree: Tree

  constructor(store: AuditStore, tree: Tree) {
    this.#store = store
    this.#tree = tree
  }

  /** The key that it is signed with, for those who check it. */
  async verifierKey(): Promise<string> {
    return (await this.#store.state()).verifierKey
  }

  /** The last checkpoint that was signed. */
  async checkpoint(): Promise<string> {
    return (await this.#store.state()).checkpoint
  }

  /**
   * The last checkpoint, and the proof (RFC 6962, 2.1.2) that its tree begins with that of `old` entries; a larger `old`
   * than the log has is proven by nothing.
   */
  async grownFrom(old: number): Promise<{ checkpoint: string; proof: readonly Hash[] }> {
    const { checkpoint, checkpointSize } = await this.#store.state()
    const proof =
      old > 0 && old < checkpointSize ? await this.#tree.consistencyProof(old, checkpointSize) : []
    return { checkpoint, proof }
  }

  /** Null for a tile that the signed tree does not have, or not that wide. */
  async tile(name: TileName): Promise<Buffer | null> {
    const { checkpointSize } = await this.#store.state()
    const { level, index, width } = name
    const hashes = Math.floor(checkpointSize / tileWidth ** (level === 'entries' ? 0 : level))
    if (index * tileWidth + width > hashes) return null
    if (level === 'entries') {
      return formatBundle(await this.#store.bodies(index * tileWidth, index * tileWidth + width))
    }
    const tile = await this.#tree.tile({ level, index, width })
    return tile === null ? null : formatTile(tile)
  }

  /** All that a copy of the log consists of, entries first; under the last checkpoint. */
  async names(): Promise<TileName[]> {
    const { checkpointSize } = await this.#store.state()
    const tiles = tilesOf(checkpointSize)
    return [
      ...tiles.flatMap((tile) => (tile.level === 0 ? [{ ...tile, level: 'entries' as const }] : [])),
      ...tiles,
    ]
  }
}
