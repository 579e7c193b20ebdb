/**
 * The weights on this machine, addressed by content:
 *
 *     blobs/sha256-<hex>      a file, read-only, verified before it came here
 *     manifests/<name>.json   a model: its files, source and licence
 *     licences/sha256-<hex>   texts of licences that came with weights; they stay, for somebody accepted them
 *     split/<name>/…          the parts of a split model side by side, as llama.cpp wants them (hard links)
 *     partial/, locks/        pulls under way
 *     damaged/                what `verify` took out of use
 *
 * Several processes may use a store at once. What changes `blobs` and `manifests` does so under one lock.
 */
import { chmod, link, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Sha256 } from '../core/ids.ts'
import { nearest } from '../core/nearest.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import { syncFolder, writeAtomically } from './atomic-file.ts'
import { sha256OfFile } from './digest.ts'
import { licenceText, type LicenceText } from './licence-text.ts'
import { acquireLock, type Lock } from './lock.ts'
import { parseManifest, type Manifest, type ManifestFile } from './manifest.ts'
import { fileNameOf, printable } from './names.ts'

/** What `list` found: models, and records that cannot be read. */
export interface StoredModels {
  readonly models: readonly Manifest[]
  readonly damaged: readonly { readonly name: string; readonly problem: string }[]
}

/** One file after `verify`. */
export interface FileVerdict {
  readonly name: string
  readonly bytes: number
  readonly expected: string
  /** What the file hashes to now; null when it is not there. */
  readonly actual: Sha256 | null
}

export interface WeightsStore {
  readonly folder: string
  /** All models by name. A damaged record never hides the others. */
  list(): Promise<StoredModels>
  /** @throws `model_not_pulled` with the nearest name, `store_damaged` */
  find(name: string): Promise<Manifest>
  /** Like `find`; null when there is none. */
  lookup(name: string): Promise<Manifest | null>
  /** Paths of the model's files in order, the first being what llama.cpp is given. */
  paths(name: string): Promise<string[]>
  /** Forgets a model and frees what no other model uses. @returns bytes freed */
  remove(name: string): Promise<number>
  /** Hashes the model's files again. */
  verify(
    name: string,
    progress?: { signal?: AbortSignal; onBytes?: (bytes: number) => void },
  ): Promise<FileVerdict[]>
  /** Takes a file that is not what its name says out of use, for a look. @returns where it lies now */
  setAside(digest: string): Promise<string>
  /** Where a file with this digest lies; null when it does not. */
  blob(digest: Sha256): Promise<string | null>
  /** Keeps the text of a licence. */
  keepLicence(licence: LicenceText): Promise<void>
  /** The text with this digest; null when it is not here, or is another by now. */
  licence(digest: string): Promise<LicenceText | null>
  /** Folder of the pull under `key`, made when missing. */
  partialFolder(key: string): Promise<string>
  /** Waits for the right to pull what `key` names. */
  lock(key: string, wait: { signal?: AbortSignal; onWait?: (owner: number | null) => void }): Promise<Lock>
  /**
   * Gives verified files their place and records the model, in one step as others see it.
   *
   * @param arrived digest → path of a file of this store's disk that is moved in; digests left out must be here already
   * @returns false when one of those was removed meanwhile
   */
  commit(manifest: Manifest, arrived: ReadonlyMap<string, string>): Promise<boolean>
}

/** Opens the store at `folder`, which is made at the first write. */
export function openStore(folder: string): WeightsStore {
  const blobs = join(folder, 'blobs')
  const manifests = join(folder, 'manifests')
  const licences = join(folder, 'licences')
  const blobPath = (digest: string) => join(blobs, `sha256-${digest}`)
  const licencePath = (digest: string) => join(licences, `sha256-${digest}`)
  const manifestPath = (name: string) => join(manifests, `${fileNameOf(name)}.json`)
  const splitFolder = (name: string) => join(folder, 'split', fileNameOf(name))

  const store: WeightsStore = {
    folder,
    async list() {
      const models: Manifest[] = []
      const damaged: { name: string; problem: string }[] = []
      for (const file of (await filesOf(manifests)).toSorted()) {
        if (!file.endsWith('.json')) continue
        const name = file.slice(0, -'.json'.length).replace('+', ':')
        const read = await readManifest(join(manifests, file), name)
        if (read === null) continue
        if ('problem' in read) damaged.push({ name: printable(name), problem: read.problem })
        else models.push(read.manifest)
      }
      return { models, damaged }
    },
    async lookup(name) {
      const read = await readManifest(manifestPath(name), name)
      if (read === null) return null
      if ('problem' in read) throw elpisError('store_damaged', { model: name, problem: read.problem })
      return read.manifest
    },
    async find(name) {
      const manifest = await store.lookup(name)
      if (manifest === null) throw notPulled(name, await store.list())
      return manifest
    },
    async paths(name) {
      const manifest = await store.find(name)
      const missing = await firstMissing(manifest.files)
      if (missing !== null) {
        throw elpisError('store_damaged', {
          model: name,
          problem: `its file ${missing.name} is missing or cut short`,
        })
      }
      const [only, ...others] = manifest.files
      if (only !== undefined && others.length === 0) return [blobPath(only.sha256)]
      return await sideBySide(manifest)
    },
    async remove(name) {
      await using _ = await commitLock()
      const read = await readManifest(manifestPath(name), name)
      if (read === null) throw notPulled(name, await store.list())
      await rm(manifestPath(name))
      await rm(splitFolder(name), { recursive: true, force: true })
      if ('problem' in read) return 0
      const { models, damaged } = await store.list()
      // What a record says that cannot be read, nobody knows: then no file is known to be unused.
      if (damaged.length > 0) return 0
      const used = new Set(models.flatMap(({ files }) => files.map((file) => file.sha256)))
      let freed = 0
      for (const file of read.manifest.files) {
        if (used.has(file.sha256)) continue
        await rm(blobPath(file.sha256), { force: true })
        freed += file.bytes
      }
      await syncFolder(manifests)
      return freed
    },
    async verify(name, progress = {}) {
      const { files } = await store.find(name)
      const verdicts: FileVerdict[] = []
      for (const file of files) {
        const actual = await sha256OfFile(blobPath(file.sha256), progress).catch(missingIsNull)
        verdicts.push({ name: file.name, bytes: file.bytes, expected: file.sha256, actual })
      }
      return verdicts
    },
    async setAside(digest) {
      await using _ = await commitLock()
      const place = join(folder, 'damaged')
      await mkdir(place, { recursive: true })
      await rename(blobPath(digest), join(place, `sha256-${digest}`))
      return place
    },
    async blob(digest) {
      const path = blobPath(digest)
      return (await stat(path).catch(missingIsNull)) === null ? null : path
    },
    async keepLicence({ text, sha256 }) {
      await mkdir(licences, { recursive: true })
      await writeAtomically(licencePath(sha256), text)
    },
    async licence(digest) {
      const bytes = await readFile(licencePath(digest)).catch(missingIsNull)
      const found = bytes === null ? null : licenceText(bytes)
      return found?.sha256 === digest ? found : null
    },
    async partialFolder(key) {
      const path = join(folder, 'partial', key)
      await mkdir(path, { recursive: true })
      return path
    },
    async lock(key, wait) {
      await mkdir(join(folder, 'locks'), { recursive: true })
      return await acquireLock(join(folder, 'locks', `${key}.lock`), wait)
    },
    async commit(manifest, arrived) {
      await using _ = await commitLock()
      await mkdir(blobs, { recursive: true })
      await mkdir(manifests, { recursive: true })
      for (const { sha256 } of manifest.files) {
        const path = arrived.get(sha256)
        if (path === undefined) {
          if ((await store.blob(sha256 as Sha256)) === null) return false
          continue
        }
        await chmod(path, 0o444)
        await rename(path, blobPath(sha256))
      }
      await syncFolder(blobs)
      await writeAtomically(manifestPath(manifest.name), `${JSON.stringify(manifest, null, 2)}\n`)
      return true
    },
  }
  return store

  async function commitLock(): Promise<Lock> {
    return await store.lock('store', {})
  }

  async function firstMissing(files: readonly ManifestFile[]): Promise<ManifestFile | null> {
    for (const file of files) {
      if ((await stat(blobPath(file.sha256)).catch(missingIsNull))?.size !== file.bytes) return file
    }
    return null
  }

  /** The parts under their own names. Hard links, for a sandbox sees those as plain files; symbolic ones where a disk has none. */
  async function sideBySide(manifest: Manifest): Promise<string[]> {
    const place = splitFolder(manifest.name)
    await mkdir(place, { recursive: true })
    const paths: string[] = []
    for (const file of manifest.files) {
      const path = join(place, file.name)
      const target = blobPath(file.sha256)
      if (!(await sameFile(path, target))) {
        await rm(path, { force: true })
        await link(target, path).catch(async (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return // another process was faster
          await symlink(relative(place, target), path)
        })
      }
      paths.push(path)
    }
    return paths
  }
}

async function readManifest(
  path: string,
  name: string,
): Promise<{ manifest: Manifest } | { problem: string } | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    return { problem: (error as Error).message }
  }
  const read = parseManifest(text)
  if ('manifest' in read && read.manifest.name !== name) return { problem: 'name: is that of another model' }
  return read
}

function notPulled(name: string, { models }: StoredModels): ElpisError {
  const guess = nearest(
    name,
    models.map((model) => model.name),
  )
  return elpisError('model_not_pulled', {
    model: printable(name),
    suggestion: guess === null ? `\`elpis pull ${printable(name)}\` fetches it.` : `Did you mean ${guess}?`,
  })
}

async function sameFile(path: string, target: string): Promise<boolean> {
  const there = await lstat(path).catch(missingIsNull)
  return there !== null && !there.isSymbolicLink() && there.ino === (await stat(target)).ino
}

async function filesOf(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(missingIsNull)) ?? []
}

function missingIsNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

/** Bytes of all models together, files shared by several counted once. */
export function bytesOnDisk(models: readonly Manifest[]): number {
  const files = new Map(models.flatMap((model) => model.files.map((file) => [file.sha256, file.bytes])))
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0)
}
