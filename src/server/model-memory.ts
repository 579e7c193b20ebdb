/** What models take of this machine's memory, and what of it there is. */
import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import type { Settings } from '../config.ts'
import { elpisError } from '../errors.ts'
import { describeModel } from '../weights/gguf/describe.ts'
import { estimateMemory, type MemoryEstimate, type MemoryQuestion } from '../weights/gguf/memory.ts'
import type { Gguf } from '../weights/gguf/read.ts'
import { formatBytes } from '../weights/quantity.ts'

/** Beside the model: Node, the libraries, and their heaps (measured: 85 to 120 MB after answers). */
const processBytes = 130_000_000
/** Cells on their way: what answers have in the cache is saved and restored to bring it into order. */
const leastCopies = 64 * 1024 * 1024
/** Answers that a draft model follows at the same time (`drafts.ts`). */
const mostDrafting = 4
/** Sequences that the engine has beside those of answers, for branches and for its own use (`load-model.ts`). */
const furtherSequences = 34

export interface ServedMemory extends MemoryEstimate {
  /** Beside the model, ended conversations that are kept included. */
  readonly process: number
  /** A second copy of the weights, in the order that the processor's matrix unit wants them in. */
  readonly repacked: number
}

/** What the process of a model takes when it is served with these settings. */
export function servedMemory(header: Gguf, settings: Settings['engine']): ServedMemory {
  const { context, cache, batch, sequences, prefix_memory: prefixMemory } = settings
  const estimate = estimateMemory(header, {
    contextTokens: context,
    sequences: sequences + furtherSequences,
    cacheTokens: cache === 0 ? 4 * context : cache,
    ...cacheTypesOf(header, settings),
    batchTokens: Math.max(batch, sequences + furtherSequences),
    outputTokens: sequences + furtherSequences,
  })
  // What ended is kept up to this bound; copies are never more than there is in the cache.
  const kept = Math.max(prefixMemory * 1024 * 1024, Math.min(leastCopies, estimate.cache))
  const process = processBytes + (estimate.cache === 0 ? 0 : kept)
  const repacked = settings.attention === 'fast' && repacksWeights(settings) ? estimate.weights : 0
  return { ...estimate, process, repacked, total: estimate.total + process + repacked }
}

/** What a model takes in the process of another one that it drafts for: `load-draft.ts`. */
export function draftMemory(header: Gguf, settings: Settings['engine']): MemoryEstimate {
  const { context, batch } = settings
  const estimate = estimateMemory(header, {
    contextTokens: context,
    sequences: mostDrafting,
    cacheTokens: mostDrafting * context,
    batchTokens: Math.max(batch, mostDrafting),
    outputTokens: mostDrafting,
  })
  const repacked = repacksWeights(settings) ? estimate.weights : 0
  return { ...estimate, total: estimate.total + repacked }
}

/** The kernels for Intel's AMX keep the file and a copy (measured: a quarter more in all). A fixed CPU level goes without them. */
function repacksWeights({ cpu_level: level }: Settings['engine']): boolean {
  return level === '' && hasMatrixUnit()
}

function hasMatrixUnit(): boolean {
  try {
    return /^flags\s*:.*\bamx_int8\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return false
  }
}

/**
 * For exact attention the engine takes Q8_0 for keys, where heads are whole blocks of it; all else is in half precision
 * (`load-model.ts`).
 */
function cacheTypesOf(
  header: Gguf,
  { attention }: Settings['engine'],
): Required<Pick<MemoryQuestion, 'keyType' | 'valueType'>> {
  const dimension = describeModel(header).headDimension ?? 0
  const blocks = attention === 'exact' && dimension > 0 && dimension % 32 === 0
  return { keyType: blocks ? 'Q8_0' : 'F16', valueType: 'F16' }
}

/** Bytes of memory that models may take: what is set, else nine tenths of what is free now. */
export function memoryBudget({ memory }: Settings['engine']): number {
  return memory === 0 ? Math.floor(0.9 * freeMemory()) : memory * 1024 * 1024
}

/** Memory that this process may have more of: what the machine has free, within the bound of its container. */
export function freeMemory(): number {
  const limit = process.constrainedMemory()
  const bounded = limit > 0 && limit < Number.MAX_SAFE_INTEGER
  return bounded ? Math.min(freemem(), Math.max(0, limit - usedInContainer())) : freemem()
}

/** What the container (cgroup v2) uses and cannot give back: cached files are given back. */
function usedInContainer(): number {
  try {
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
    const folder = join('/sys/fs/cgroup', own)
    const current = Number(readFileSync(join(folder, 'memory.current'), 'utf8'))
    const files = /^file (\d+)$/m.exec(readFileSync(join(folder, 'memory.stat'), 'utf8'))?.[1] ?? '0'
    return current - Number(files)
  } catch {
    return 0
  }
}

/**
 * Every model must fit beside those that are pinned; those that are not pinned take turns if need be.
 *
 * @throws `model_does_not_fit` naming what is needed and what there is
 */
export function checkFits(models: readonly Sized[], budget: number): void {
  const pinned = models.filter((model) => model.pinned)
  for (const { id, bytes, ...model } of models) {
    const beside = pinned.reduce((sum, other) => sum + (other.id === id ? 0 : other.bytes), 0)
    if (bytes + beside <= budget) continue
    throw elpisError('model_does_not_fit', {
      model: id,
      needed: formatBytes(bytes),
      budget: formatBytes(budget),
      beside:
        beside === 0
          ? ''
          : `, of which ${model.pinned ? 'other ' : ''}models that are pinned take ${formatBytes(beside)}`,
    })
  }
}

interface Sized {
  readonly id: string
  readonly bytes: number
  readonly pinned: boolean
}
