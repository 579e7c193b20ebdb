/**
 * Adapters (LoRA) on this machine, in the store of the weights, by the digest of the model that they were made for:
 *
 *     adapters/<digest of the model>/sha256-<hex>.gguf   a file, read-only, checked before it came here
 *     adapters/<digest of the model>/<name>.json         its record
 *
 * The process of a model may read its own folder and no other: that is how it gets adapters that are added later.
 */
import { randomUUID } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { elpisError } from '../errors.ts'
import { nearest } from '../core/nearest.ts'
import { syncFolder, writeAtomically } from './atomic-file.ts'
import { sha256OfFile } from './digest.ts'
import { checkAdapter } from './gguf/check-adapter.ts'
import type { Gguf } from './gguf/read.ts'
import { keptLicence, type KeptLicence } from './licence.ts'
import { acquireLock, type Lock } from './lock.ts'
import { printable } from './names.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** No `+` and no `:`, which models' names are put together with. */
const adapterName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/)

const record = z.strictObject({
  version: z.literal(1),
  name: adapterName,
  /** The model that it was added for, as it was called then, and its digest. */
  model: z.string(),
  base: sha256,
  /** Where it came from, as it was written. */
  reference: z.string(),
  sha256,
  bytes: z.int().min(1),
  rank: z.int().min(1),
  alpha: z.number(),
  matrices: z.int().min(1),
  /** What it came under; null for what was added before that was looked at. */
  licence: keptLicence.nullable().default(null),
  addedAt: z.iso.datetime(),
})
export type AdapterRecord = z.output<typeof record>

/** Adapters of one model, so that a server does not drown in them. */
const mostAdapters = 100

export interface NewAdapter {
  readonly name: string
  /** The model it is for: its name, its digest and its checked header. */
  readonly model: { readonly name: string; readonly digest: string; readonly header: Gguf }
  /** The file to be copied. */
  readonly path: string
  readonly reference: string
  readonly licence: KeptLicence
  /** Epoch milliseconds. */
  readonly now: number
}

export interface AdapterStore {
  /** Folder of a model's adapters, made when missing. */
  folderOf(base: string): Promise<string>
  /** Adapters of one model, or of all, by name. What cannot be read is left out. */
  list(base?: string): Promise<readonly AdapterRecord[]>
  /** Where its file lies. */
  path(adapter: AdapterRecord): string
  /** @throws `adapter_name_invalid`, `adapter_name_taken`, `weights_invalid`, `file_missing` */
  add(adapter: NewAdapter): Promise<AdapterRecord>
  /** @throws `adapter_unknown` */
  remove(name: string, base: string): Promise<AdapterRecord>
}

/**
 * The adapters below the folder of the weights' store. Folders are made when first needed; a record that cannot be
 * read is left out of `list`.
 */
export function openAdapterStore(storeFolder: string): AdapterStore {
  const root = join(storeFolder, 'adapters')
  const recordPath = ({ base, name }: Pick<AdapterRecord, 'base' | 'name'>) =>
    join(root, base, `${name}.json`)
  const store: AdapterStore = {
    async folderOf(base) {
      const folder = join(root, sha256.parse(base))
      await mkdir(folder, { recursive: true })
      return folder
    },
    async list(base) {
      const bases = base === undefined ? await namesIn(root) : [base]
      const found: AdapterRecord[] = []
      for (const one of bases) {
        for (const file of await namesIn(join(root, one))) {
          if (!file.endsWith('.json')) continue
          const read = await readRecord(join(root, one, file))
          if (read !== null && read.base === one && file === `${read.name}.json`) found.push(read)
        }
      }
      return found.toSorted((left, right) => left.name.localeCompare(right.name, 'en'))
    },
    path: ({ base, sha256: digest }) => join(root, base, `sha256-${digest}.gguf`),
    async add({ name, model, path, reference, licence, now }) {
      if (!adapterName.safeParse(name).success)
        throw elpisError('adapter_name_invalid', { name: printable(name.slice(0, 100)) })
      const folder = await store.folderOf(model.digest)
      await using _ = await lock(folder)
      const others = await store.list(model.digest)
      if (others.some((other) => other.name === name) || others.length >= mostAdapters)
        throw elpisError('adapter_name_taken', { name, model: model.name, count: others.length })
      // Copied first: what is checked must be what is kept.
      const draft = join(folder, `${randomUUID()}.draft`)
      try {
        await copyFile(path, draft).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') throw elpisError('file_missing', { file: printable(path) })
          if (error.code === 'EACCES') throw elpisError('file_unreadable', { file: printable(path) })
          throw error
        })
        const summary = await checkAdapter(draft, model.header)
        const digest = await sha256OfFile(draft)
        const added: AdapterRecord = {
          version: 1,
          name,
          model: model.name,
          base: model.digest,
          reference,
          sha256: digest,
          ...summary,
          licence,
          addedAt: new Date(now).toISOString(),
        }
        await chmod(draft, 0o444)
        await rename(draft, store.path(added))
        await syncFolder(folder)
        await writeAtomically(recordPath(added), `${JSON.stringify(added, null, 2)}\n`)
        return added
      } finally {
        await rm(draft, { force: true })
      }
    },
    async remove(name, base) {
      const folder = await store.folderOf(base)
      await using _ = await lock(folder)
      const all = await store.list(base)
      const found = all.find((adapter) => adapter.name === name)
      if (found === undefined) throw unknown(name, all)
      await rm(recordPath(found))
      const shared = all.some((other) => other !== found && other.sha256 === found.sha256)
      if (!shared) await rm(store.path(found), { force: true })
      await syncFolder(folder)
      return found
    },
  }
  return store

  async function lock(folder: string): Promise<Lock> {
    return await acquireLock(join(folder, '.lock'))
  }
}

async function readRecord(path: string): Promise<AdapterRecord | null> {
  try {
    if ((await stat(path)).size > 65_536) return null
    return record.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

function unknown(name: string, all: readonly AdapterRecord[]) {
  const guess = nearest(
    name,
    all.map((adapter) => adapter.name),
  )
  const suggestion = guess === null ? '`elpis adapters list` shows all.' : `Did you mean "${guess}"?`
  return elpisError('adapter_unknown', { name: printable(name.slice(0, 100)), suggestion })
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  return names.toSorted((left, right) => left.localeCompare(right, 'en'))
}
