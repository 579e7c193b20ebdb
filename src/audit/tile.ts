/** Tiles as https://c2sp.org/tlog-tiles has them: how they are named, and how entries are bundled. */
import { leafHash, type Hash } from './merkle.ts'

/** Hashes, or entries, of a full tile. */
export const tileWidth = 256

export interface TileName {
  /** `entries`, or how many tiles stand below it down to the leaves. */
  readonly level: number | 'entries'
  readonly index: number
  /** 1 to 256; 256 is a full tile. */
  readonly width: number
}

/** What stands after `tile/`. */
export function tilePath({ level, index, width }: TileName): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  const path = groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join('/')
  return `${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`
}

/** Null for what names no tile: leading zeroes, levels and widths that cannot be. */
export function parseTilePath(path: string): TileName | null {
  const [, level = '', groups = '', width] =
    /^(entries|\d|[1-5]\d|6[0-3])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? []
  if (groups === '' || Number(width ?? 1) >= tileWidth || groups.startsWith('x000')) return null
  return {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: Number(width ?? tileWidth),
  }
}

/** All tiles of a tree of `size`, from its leaves upwards. */
export function tilesOf(size: number): TileName[] {
  const tiles: TileName[] = []
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / tileWidth)) {
    for (let begin = 0; begin < hashes; begin += tileWidth) {
      tiles.push({ level, index: begin / tileWidth, width: Math.min(tileWidth, hashes - begin) })
    }
  }
  return tiles
}

/** Hashes one after another. */
export function formatTile(hashes: readonly Hash[]): Buffer {
  return Buffer.concat(hashes)
}

/** Null unless it holds `width` hashes. */
export function parseTile(bytes: Uint8Array, width: number): Hash[] | null {
  if (bytes.length !== width * 32) return null
  return Array.from({ length: width }, (_, place) => bytes.subarray(place * 32, place * 32 + 32))
}

/** Entries, each behind its length in two bytes. */
export function formatBundle(entries: readonly string[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const bytes = Buffer.from(entry)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(bytes.length)
      return [length, bytes]
    }),
  )
}

/** Null unless it holds `width` entries and nothing else. */
export function parseBundle(bundle: Uint8Array, width: number): Buffer[] | null {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length)
  const entries: Buffer[] = []
  let place = 0
  while (place + 2 <= bytes.length && entries.length < width) {
    const end = place + 2 + bytes.readUInt16BE(place)
    if (end > bytes.length) return null
    entries.push(bytes.subarray(place + 2, end))
    place = end
  }
  return place === bytes.length && entries.length === width ? entries : null
}

/** The leaf hashes of a bundle's entries, in order. */
export function bundleHashes(entries: readonly Uint8Array[]): Hash[] {
  return entries.map(leafHash)
}
