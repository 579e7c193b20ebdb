/**
 * Probes of this machine: `$ELPIS_HOME/probes/<digest of the weights>.json`, one for each model's weights, written by
 * `elpis guard train-probe`. A file is checked in full before anything of it is used, wherever it came from.
 */
import { mkdir, rm } from 'node:fs/promises'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { elpisError } from '../errors.ts'
import { writeAtomically } from './atomic-file.ts'

const mostBytes = 4 * 1024 * 1024
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const share = z.number().min(0).max(1)

const head = z.strictObject({
  bias: z.number(),
  /** Base64 of 32-bit floats, little-endian. */
  weights: z.base64().max(mostBytes),
})

const measure = z.strictObject({ auprc: share, f1: share, recall: share })
const measures = z.strictObject({ rows: z.int().min(1), probe: measure, judge: measure, together: measure })

const probeFile = z.strictObject({
  version: z.literal(1),
  /** SHA-256 of the weights that it was trained on. */
  digest: sha256,
  /** As they were called then. */
  model: z.string().max(200),
  trainedAt: z.iso.datetime(),
  /** SHA-256 of the rows that it was trained on. */
  data: sha256,
  rows: z.int().min(1),
  layer: z.int().min(0).max(10_000),
  width: z.int().min(1).max(262_144),
  prompt: head,
  /** Null when no row had a response. */
  response: head.nullable(),
  /** On the rows that were held back. */
  measures,
})

type ProbeFile = z.output<typeof probeFile>
type HeadFile = z.output<typeof head>

/** A linear function of what goes into a layer: the logit of harm. */
interface Head {
  readonly bias: number
  readonly weights: Float32Array
}

export interface StoredProbe extends Omit<ProbeFile, 'version' | 'prompt' | 'response'> {
  readonly prompt: Head
  readonly response: Head | null
}

export interface ProbeStore {
  /** Null when there is none. @throws `probe_invalid` */
  read(digest: string): StoredProbe | null
  /** Replaces the one that there was. */
  write(probe: StoredProbe): Promise<void>
  /** False when there is none. */
  remove(digest: string): Promise<boolean>
  /** All that can be read, by name; and what cannot. */
  list(): { readonly probes: readonly StoredProbe[]; readonly broken: readonly string[] }
}

/** The probes below `$ELPIS_HOME`. A file is written in one piece (draft and rename). */
export function openProbeStore(home: string): ProbeStore {
  const folder = join(home, 'probes')
  const pathOf = (digest: string) => join(folder, `${sha256.parse(digest)}.json`)
  const store: ProbeStore = {
    read(digest) {
      const path = pathOf(digest)
      const text = textOf(path)
      return text === null ? null : readProbe(text, digest, path)
    },
    async write(probe) {
      const { digest } = probe
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file: ProbeFile = {
        ...probe,
        version: 1,
        prompt: written(probe.prompt),
        response: probe.response === null ? null : written(probe.response),
      }
      await writeAtomically(pathOf(digest), `${JSON.stringify(file)}\n`)
    },
    async remove(digest) {
      const path = pathOf(digest)
      if (textOf(path) === null) return false
      await rm(path)
      return true
    },
    list() {
      const probes: StoredProbe[] = []
      const broken: string[] = []
      for (const file of filesIn(folder)) {
        const digest = file.replace(/\.json$/, '')
        if (!sha256.safeParse(digest).success) continue
        try {
          const probe = store.read(digest)
          if (probe !== null) probes.push(probe)
        } catch {
          broken.push(digest)
        }
      }
      return { probes: probes.toSorted((left, right) => left.model.localeCompare(right.model, 'en')), broken }
    },
  }
  return store
}

/**
 * Reads a probe and checks all of it.
 *
 * @param digest of the weights that it must be for
 * @throws `probe_invalid`
 */
export function readProbe(text: string, digest: string, file: string): StoredProbe {
  const invalid = (problem: string) => elpisError('probe_invalid', { file, problem })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('it is not JSON')
  }
  const parsed = probeFile.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
  }
  const { version: _version, ...probe } = parsed.data
  if (probe.digest !== digest) throw invalid(`it is for the weights ${probe.digest}, not ${digest}`)
  const headOf = ({ bias, weights }: HeadFile): Head => {
    const bytes = Buffer.from(weights, 'base64')
    if (bytes.length !== probe.width * Float32Array.BYTES_PER_ELEMENT)
      throw invalid(`it has ${bytes.length} bytes of weights for ${probe.width} components`)
    if (endianness() !== 'LE') throw invalid('it is for little-endian machines')
    const floats = new Float32Array(new Uint8Array(bytes).buffer)
    if (!floats.every(Number.isFinite)) throw invalid('some of its weights are no numbers')
    return { bias, weights: floats }
  }
  const { prompt, response } = probe
  return { ...probe, prompt: headOf(prompt), response: response === null ? null : headOf(response) }
}

function written({ bias, weights }: Head): HeadFile {
  const bytes = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength)
  return { bias, weights: bytes.toString('base64') }
}

/** Null when there is no such file. What is too long is no probe. */
function textOf(path: string): string | null {
  try {
    return statSync(path).size > mostBytes ? '' : readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw elpisError('probe_invalid', { file: path, problem: 'it cannot be read' })
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
