/**
 * Cuts a model down to its first layers: a real, small and bad model with the same vocabulary, such as a draft model.
 * `sh bin/node.sh test/tiny-models/first-layers.ts MODEL.gguf LAYERS TARGET.gguf`
 */
import { readFile, writeFile } from 'node:fs/promises'
import { tensorTypes } from '../../src/weights/gguf/format.ts'
import { readGguf } from '../../src/weights/gguf/read.ts'
import { headerBytes, textBytes, u32Bytes } from './gguf-writer.ts'

/** Bytes before the metadata: magic, version, two counts. */
const preambleBytes = 24

/** Writes the model at `path` with its first `layers` layers only to `target`. */
export async function writeFirstLayers(path: string, layers: number, target: string): Promise<void> {
  const { metadata, tensors, dataOffset, alignment, version } = await readGguf(path)
  const file = await readFile(path)
  const inFile = tensors[0]
  if (inFile === undefined) throw new Error('the model has no tensors')
  // Metadata ends where the first tensor is described.
  const end = file.lastIndexOf(textBytes(inFile.name), dataOffset)
  const described = Buffer.from(file.subarray(preambleBytes, end))
  const architecture = metadata.get('general.architecture')
  const key = textBytes(`${typeof architecture === 'string' ? architecture : ''}.block_count`)
  // After the key comes the number of its type, which must be that of a 32-bit number.
  u32Bytes(layers).copy(described, described.indexOf(key) + key.length + 4)
  const kept = tensors.filter(({ name }) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0) < layers)
  const parts = kept.map(({ name, dimensions, type, offset, bytes }) => ({
    name,
    dimensions,
    type: [...tensorTypes].find(([, known]) => known.name === type)![0],
    data: file.subarray(dataOffset + offset, dataOffset + offset + bytes),
  }))
  const header = headerBytes({ version, metadata: [], keyCount: metadata.size, tensors: parts, alignment })
  const pieces = [header.subarray(0, preambleBytes), described, header.subarray(preambleBytes)]
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  pieces.push(Buffer.alloc((alignment - (length % alignment)) % alignment))
  for (const { data } of parts)
    pieces.push(data, Buffer.alloc((alignment - (data.length % alignment)) % alignment))
  await writeFile(target, Buffer.concat(pieces))
}

const [, script, source, count, target] = process.argv
if (script?.endsWith('first-layers.ts') === true) {
  if (source === undefined || count === undefined || target === undefined)
    throw new Error('usage: first-layers.ts MODEL.gguf LAYERS TARGET.gguf')
  await writeFirstLayers(source, Number(count), target)
}
