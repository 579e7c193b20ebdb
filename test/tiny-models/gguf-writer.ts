/** Writes GGUF files, sound ones and, on demand, broken ones: nothing here checks anything. */

/** A value with its type number, as bytes. */
export interface TypedValue {
  readonly type: number
  readonly bytes: Buffer
}

export interface TensorParts {
  readonly name: string | Buffer
  readonly dimensions: readonly (number | bigint)[]
  readonly type: number
  /** From the start of the data; the next aligned place unless told. */
  readonly offset?: number | bigint
  readonly data: Buffer
}

export interface GgufParts {
  readonly magic?: string
  readonly version?: number
  readonly metadata: readonly (readonly [key: string | Buffer, value: TypedValue])[]
  readonly tensors?: readonly TensorParts[]
  /** What the header claims, when that is not what follows. */
  readonly tensorCount?: number | bigint
  readonly keyCount?: number | bigint
  /** At which the tensors are laid out. */
  readonly alignment?: number
}

export const u8 = (value: number): TypedValue => ({ type: 0, bytes: fixed(1, (b) => b.writeUInt8(value)) })
export const u16 = (value: number): TypedValue => ({
  type: 2,
  bytes: fixed(2, (b) => b.writeUInt16LE(value)),
})
export const u32 = (value: number): TypedValue => ({ type: 4, bytes: u32Bytes(value) })
export const i32 = (value: number): TypedValue => ({ type: 5, bytes: fixed(4, (b) => b.writeInt32LE(value)) })
export const f32 = (value: number): TypedValue => ({ type: 6, bytes: fixed(4, (b) => b.writeFloatLE(value)) })
export const bool = (value: boolean): TypedValue => ({ type: 7, bytes: Buffer.from([value ? 1 : 0]) })
export const text = (value: string | Buffer): TypedValue => ({ type: 8, bytes: textBytes(value) })
export const u64 = (value: bigint): TypedValue => ({ type: 10, bytes: u64Bytes(value) })
export const texts = (values: readonly (string | Buffer)[]): TypedValue =>
  array(8, values.length, Buffer.concat(values.map(textBytes)))
export const f32s = (values: readonly number[]): TypedValue =>
  array(6, values.length, Buffer.concat(values.map((value) => f32(value).bytes)))
export const i32s = (values: readonly number[]): TypedValue =>
  array(5, values.length, Buffer.concat(values.map((value) => i32(value).bytes)))
export const bools = (values: readonly boolean[]): TypedValue =>
  array(7, values.length, Buffer.from(values.map(Number)))

/** An array that claims `length` elements of type `type`, whatever its bytes are. */
export function array(type: number, length: number | bigint, bytes: Buffer): TypedValue {
  return { type: 9, bytes: Buffer.concat([u32Bytes(type), u64Bytes(length), bytes]) }
}

export function u32Bytes(value: number): Buffer {
  return fixed(4, (bytes) => bytes.writeUInt32LE(value))
}

export function u64Bytes(value: number | bigint): Buffer {
  return fixed(8, (bytes) => bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value))))
}

export function textBytes(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([u64Bytes(bytes.length), bytes])
}

/** The header of a file, up to the first byte of padding. */
export function headerBytes(parts: GgufParts): Buffer {
  const { metadata, tensors = [], alignment = 32 } = parts
  const pieces = [
    Buffer.from(parts.magic ?? 'GGUF', 'latin1'),
    u32Bytes(parts.version ?? 3),
    u64Bytes(parts.tensorCount ?? tensors.length),
    u64Bytes(parts.keyCount ?? metadata.length),
  ]
  for (const [key, { type, bytes }] of metadata) pieces.push(textBytes(key), u32Bytes(type), bytes)
  let next = 0
  for (const { name, dimensions, type, offset = next, data } of tensors) {
    pieces.push(
      textBytes(name),
      u32Bytes(dimensions.length),
      ...dimensions.map(u64Bytes),
      u32Bytes(type),
      u64Bytes(offset),
    )
    next = Math.ceil((next + data.length) / alignment) * alignment
  }
  return Buffer.concat(pieces)
}

/** A whole file. */
export function ggufBytes(parts: GgufParts): Buffer {
  const { tensors = [], alignment = 32 } = parts
  const pieces = [padded(headerBytes(parts), alignment)]
  for (const { data } of tensors) pieces.push(padded(data, alignment))
  return Buffer.concat(pieces)
}

function padded(bytes: Buffer, alignment: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)])
}

function fixed(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length)
  write(bytes)
  return bytes
}
