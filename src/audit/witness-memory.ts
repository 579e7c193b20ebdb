import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { z } from 'zod'
import type { WitnessMemory } from './witness.ts'

const content = z.record(z.string(), z.object({ size: z.int().min(0), root: z.string() }))

/** Keeps what was signed in a file, written whole before each answer. @throws when the file is not what was written */
export function fileMemory(path: string): WitnessMemory {
  const trees = existsSync(path) ? content.parse(JSON.parse(readFileSync(path, 'utf8'))) : {}
  return {
    last(origin) {
      const tree = Object.hasOwn(trees, origin) ? trees[origin] : undefined
      return tree === undefined ? null : { size: tree.size, root: Buffer.from(tree.root, 'base64') }
    },
    remember(origin, { size, root }) {
      const next = { ...trees, [origin]: { size, root: Buffer.from(root).toString('base64') } }
      const draft = openSync(`${path}.new`, 'w', 0o600)
      try {
        writeSync(draft, `${JSON.stringify(next)}\n`)
        fsyncSync(draft)
      } finally {
        closeSync(draft)
      }
      renameSync(`${path}.new`, path)
      Object.assign(trees, next)
    },
  }
}
