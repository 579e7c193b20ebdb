/** A sound GGUF file of any size with no model's worth of meaning in it: for tests of everything but inference. */

export interface SmallGguf {
  /** About how large the file is to be; at least a few hundred bytes. */
  readonly bytes: number
  /** Files with other seeds have other contents. */
  readonly seed?: number
  readonly licence?: string
  /** Part `no` of `count` of a split model. */
  readonly split?: { readonly no: number; readonly count: number }
}

export function smallGguf({ bytes, seed = 1, licence, split }: SmallGguf): Buffer {
  const pairs = [
    text('general.architecture', 'llama'),
    text('general.name', `Small ${seed}`),
    ...(licence === undefined ? [] : [text('general.license', licence)]),
    number('llama.block_count', 1),
    number('llama.context_length', 128),
    number('llama.embedding_length', 32),
    number('llama.attention.head_count', 1),
    text('tokenizer.ggml.model', 'none'),
    ...(split === undefined
      ? []
      : [
          short('split.no', split.no),
          short('split.count', split.count),
          number('split.tensors.count', split.count, 5),
        ]),
  ]
  const elements = Math.max(8, Math.floor((bytes - 400) / 4 / 8) * 8)
  const tensor = Buffer.concat([
    string(`weights.${split?.no ?? 0}`),
    u32(1),
    u64(elements),
    u32(0), // F32
    u64(0),
  ])
  const header = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(1), u64(pairs.length), ...pairs, tensor])
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32)
  return Buffer.concat([header, padding, noise(elements * 4, seed)])
}

/** Bytes that repeat nowhere, so that one in the wrong place is seen. */
function noise(length: number, seed: number): Buffer {
  const words = new Uint32Array(length / 4)
  let state = seed >>> 0 || 1
  for (let index = 0; index < words.length; index++) {
    // xorshift32 (Marsaglia, 2003)
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return Buffer.from(words.buffer)
}

function text(key: string, value: string): Buffer {
  return Buffer.concat([string(key), u32(8), string(value)])
}
function number(key: string, value: number, type = 4): Buffer {
  return Buffer.concat([string(key), u32(type), u32(value)])
}
function short(key: string, value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return Buffer.concat([string(key), u32(2), bytes])
}
function string(value: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
}
function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
