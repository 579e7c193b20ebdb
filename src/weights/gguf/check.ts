import { access } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { elpisError } from '../../errors.ts'
import { shown } from './metadata.ts'
import { printable, quoted } from './printable.ts'
import { readGguf, type Gguf } from './read.ts'
import type { GgufTensor } from './tensors.ts'

/**
 * Checks a model's files to the end: what native code is about to load must have passed here.
 *
 * @param paths all files of a split model in order, or only its first: then the others lie beside it under the names
 *   that llama.cpp looks for (`…-00002-of-00003.gguf`)
 * @returns the model as one: the header of the first file, the tensors and bytes of all
 * @throws `weights_invalid` with the reason, `file_missing`, `file_unreadable`
 */
export async function checkWeights(paths: readonly string[]): Promise<Gguf> {
  const [path] = paths
  if (path === undefined) throw new Error('checkWeights needs at least one path')
  const first = await readGguf(path)
  const parts = await readParts(first, paths)
  const whole = parts.length === 1 ? first : joined(parts)
  checkLoadable(whole)
  return whole
}

async function readParts(first: Gguf, paths: readonly string[]): Promise<readonly Gguf[]> {
  const count = splitNumber(first, 'split.count', 'u16') ?? 1
  if (count <= 1) {
    if (paths.length > 1) refuse(first, `it is a whole model, and came with ${paths.length - 1} other files`)
    return [first]
  }
  const all = paths.length === 1 ? siblings(first, count) : paths
  if (all.length !== count) refuse(first, `it is split into ${count} files, and ${all.length} are here`)
  const parts: Gguf[] = []
  for (const [index, path] of all.entries()) {
    if (index > 0) await present(first, path, index, count)
    const part = index === 0 ? first : await readGguf(path)
    const number = splitNumber(part, 'split.no', 'u16')
    if (number !== index) {
      refuse(
        part,
        `it should be part ${index + 1} of ${count}, and says it is ${number === null ? 'none' : number + 1}`,
      )
    }
    const claimed = splitNumber(part, 'split.count', 'u16')
    if (claimed !== count) refuse(part, `it claims ${claimed ?? 'no'} parts, and the first file ${count}`)
    parts.push(part)
  }
  return parts
}

/** Where llama.cpp looks for the other parts (`llama_split_path`). */
function siblings(first: Gguf, count: number): string[] {
  const name = basename(first.path)
  const of = `-of-${String(count).padStart(5, '0')}.gguf`
  const ending = `-00001${of}`
  if (!name.endsWith(ending)) {
    refuse(first, `it is split into ${count} files, so its name must end in "${ending}"`)
  }
  const stem = name.slice(0, -ending.length)
  return Array.from({ length: count }, (_, index) =>
    join(dirname(first.path), `${stem}-${String(index + 1).padStart(5, '0')}${of}`),
  )
}

async function present(first: Gguf, path: string, index: number, count: number): Promise<void> {
  try {
    await access(path)
  } catch {
    refuse(first, `part ${index + 1} of ${count} is missing: ${printable(basename(path))}`)
  }
}

function joined(parts: readonly Gguf[]): Gguf {
  const first = parts[0]!
  const names = new Set<string>()
  const tensors: GgufTensor[] = []
  for (const part of parts) {
    for (const tensor of part.tensors) {
      if (names.has(tensor.name)) refuse(part, `the tensor ${quoted(tensor.name)} is in two of its files`)
      names.add(tensor.name)
      tensors.push(tensor)
    }
  }
  const expected = splitNumber(first, 'split.tensors.count', 'i32')
  if (expected !== tensors.length) {
    refuse(first, `its files hold ${tensors.length} tensors together, and it claims ${expected ?? 'none'}`)
  }
  return { ...first, tensors, fileBytes: parts.reduce((sum, { fileBytes }) => sum + fileBytes, 0) }
}

/** The native loader takes each of these only in one type, and stops its process on another. */
function splitNumber(gguf: Gguf, key: string, type: 'u16' | 'i32'): number | null {
  const value = gguf.metadata.get(key)
  if (value === undefined) return null
  if (gguf.types.get(key) !== type || typeof value !== 'number') {
    refuse(gguf, `"${key}" is of type ${gguf.types.get(key)}, not ${type}`)
  }
  return value
}

/** What every language model needs, and the native loader looks up without asking whether it is there. */
function checkLoadable(model: Gguf): void {
  const { metadata, tensors } = model
  const kind = metadata.get('general.type')
  if (kind !== undefined && kind !== 'model') refuse(model, `it is no model, it calls itself ${shown(kind)}`)
  const architecture = metadata.get('general.architecture')
  if (typeof architecture !== 'string') refuse(model, 'it does not say which architecture it has')
  if (tensors.length === 0) refuse(model, 'it has no tensors')
  for (const name of ['block_count', 'context_length', 'embedding_length']) {
    if (typeof metadata.get(`${architecture}.${name}`) !== 'number')
      refuse(model, `"${architecture}.${name}" is missing`)
  }
  const tokenizer = metadata.get('tokenizer.ggml.model')
  if (tokenizer === undefined) refuse(model, '"tokenizer.ggml.model" is missing')
  if (tokenizer === 'none' || tokenizer === 'no_vocab') return
  if (!metadata.has('tokenizer.ggml.tokens')) refuse(model, 'it has no vocabulary')
}

function refuse(gguf: Gguf, reason: string): never {
  throw elpisError('weights_invalid', { file: printable(gguf.path), reason })
}
