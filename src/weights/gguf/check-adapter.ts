import { open } from 'node:fs/promises'
import { elpisError } from '../../errors.ts'
import { shown } from './metadata.ts'
import { printable, quoted } from './printable.ts'
import { readGguf, type Gguf } from './read.ts'
import type { GgufTensor } from './tensors.ts'

/** What is known of an adapter that was found sound. */
export interface AdapterSummary {
  /** The greatest rank of its matrices. */
  readonly rank: number
  readonly alpha: number
  /** Matrices of the model that it changes. */
  readonly matrices: number
  readonly bytes: number
}

/** Types that values can be checked in; adapters come in these. */
const elementBytes: ReadonlyMap<string, 2 | 4> = new Map([
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
])
const mostRank = 4096

/**
 * Checks an adapter (LoRA) to the end: what native code is about to load must have passed here. The native library checks
 * less than it relies on, and ends its process on what does not fit.
 *
 * @param base the model that it is for, checked already
 * @throws `weights_invalid` with the reason, `file_missing`, `file_unreadable`
 */
export async function checkAdapter(path: string, base: Gguf): Promise<AdapterSummary> {
  const adapter = await readGguf(path)
  const alpha = checkKind(adapter, base)
  const pairs = pairsOf(adapter)
  let rank = 0
  for (const [name, pair] of pairs) rank = Math.max(rank, checkPair(adapter, base, name, pair))
  await checkFinite(adapter)
  return { rank, alpha, matrices: pairs.size, bytes: adapter.fileBytes }
}

/** @returns alpha: what the change is scaled with, over its rank */
function checkKind(adapter: Gguf, base: Gguf): number {
  const { metadata, types } = adapter
  const expect = (key: string, wanted: string) => {
    const value = metadata.get(key)
    if (value === wanted) return
    refuse(adapter, `"${key}" is ${value === undefined ? 'missing' : shown(value)}, not ${quoted(wanted)}`)
  }
  expect('general.type', 'adapter')
  expect('adapter.type', 'lora')
  const architecture = base.metadata.get('general.architecture')
  expect('general.architecture', typeof architecture === 'string' ? architecture : '')
  const alpha = metadata.get('adapter.lora.alpha')
  if (types.get('adapter.lora.alpha') !== 'f32' || typeof alpha !== 'number')
    refuse(adapter, '"adapter.lora.alpha" is missing or no f32')
  if (!Number.isFinite(alpha) || Math.abs(alpha) > 1e6)
    refuse(adapter, `"adapter.lora.alpha" is ${alpha}, which is out of bounds`)
  if (metadata.has('adapter.alora.invocation_tokens'))
    refuse(adapter, 'it is to begin in mid-prompt (aLoRA), which is not supported')
  return alpha
}

interface Pair {
  a?: GgufTensor
  b?: GgufTensor
}

function pairsOf(adapter: Gguf): Map<string, Pair> {
  const pairs = new Map<string, Pair>()
  for (const tensor of adapter.tensors) {
    const [, name = '', side] = /^(.*)\.lora_([ab])$/s.exec(tensor.name) ?? []
    if (side === undefined || name.includes('.lora_'))
      refuse(adapter, `the tensor ${quoted(tensor.name)} is no part of a LoRA`)
    const pair = pairs.get(name) ?? {}
    pair[side as 'a' | 'b'] = tensor
    pairs.set(name, pair)
  }
  if (pairs.size === 0) refuse(adapter, 'it has no tensors')
  return pairs
}

/** @returns the rank */
function checkPair(adapter: Gguf, base: Gguf, name: string, { a, b }: Pair): number {
  const what = `its matrix ${quoted(name)}`
  if (a === undefined || b === undefined) refuse(adapter, `${what} lacks one of its two halves`)
  // The library multiplies by these in another order, and by the same name for the logits where embeddings serve twice.
  if (name === 'token_embd.weight')
    refuse(adapter, 'it changes the embeddings of tokens, which is not supported')
  const target = base.tensors.find((tensor) => tensor.name === name)
  if (target === undefined) refuse(adapter, `${what} is none of the model's: it was made for another one`)
  const [input = 1, output = 1, experts = 1, more = 1] = target.dimensions
  if (target.dimensions.length < 2 || more !== 1)
    refuse(adapter, `${what} is no matrix in the model, which cannot be adapted`)
  const rank = a.dimensions[1] ?? 1
  if (rank > mostRank) refuse(adapter, `${what} has the rank ${rank}, more than ${mostRank}`)
  const fits =
    sameShape(a.dimensions, [input, rank, experts]) && sameShape(b.dimensions, [rank, output, experts])
  if (!fits)
    refuse(
      adapter,
      `${what} is ${a.dimensions.join(' × ')} by ${b.dimensions.join(' × ')}, which does not fit ${target.dimensions.join(' × ')}`,
    )
  for (const { type } of [a, b])
    if (!elementBytes.has(type)) refuse(adapter, `${what} is of type ${type}, not F32, F16 or BF16`)
  return rank
}

/** Trailing dimensions of 1 do not count. */
function sameShape(found: readonly number[], wanted: readonly number[]): boolean {
  return Array.from({ length: 4 }, (_, index) => index).every(
    (index) => (found[index] ?? 1) === (wanted[index] ?? 1),
  )
}

/** One value that is no number would spread to all that is computed beside it. */
async function checkFinite(adapter: Gguf): Promise<void> {
  await using handle = await open(adapter.path, 'r')
  const buffer = Buffer.alloc(1 << 20)
  for (const { name, type, offset, bytes } of adapter.tensors) {
    for (let done = 0; done < bytes;) {
      const wanted = Math.min(buffer.length, bytes - done)
      const { bytesRead } = await handle.read(buffer, 0, wanted, adapter.dataOffset + offset + done)
      if (bytesRead !== wanted) refuse(adapter, 'it changed while it was read')
      if (!allFinite(buffer.subarray(0, wanted), type))
        refuse(adapter, `the tensor ${quoted(name)} has values that are no finite numbers`)
      done += wanted
    }
  }
}

/** Whether no value has all bits of its exponent set. */
function allFinite(bytes: Buffer, type: string): boolean {
  if (type === 'F32') {
    for (let at = 3; at < bytes.length; at += 4)
      if ((bytes[at]! & 0x7f) === 0x7f && bytes[at - 1]! >= 0x80) return false
    return true
  }
  for (let at = 1; at < bytes.length; at += 2) {
    const infinite =
      type === 'F16' ? (bytes[at]! & 0x7c) === 0x7c : (bytes[at]! & 0x7f) === 0x7f && bytes[at - 1]! >= 0x80
    if (infinite) return false
  }
  return true
}

function refuse(adapter: Gguf, reason: string): never {
  throw elpisError('weights_invalid', { file: printable(adapter.path), reason })
}
