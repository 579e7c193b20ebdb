/**
 * The numbers of the GGUF format and the bounds that we put on it.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and `ggml.h` of the pinned library.
 */

/** Metadata value types by their number in the file; `bytes` is null where it varies. */
export const valueTypes = [
  { name: 'u8', bytes: 1 },
  { name: 'i8', bytes: 1 },
  { name: 'u16', bytes: 2 },
  { name: 'i16', bytes: 2 },
  { name: 'u32', bytes: 4 },
  { name: 'i32', bytes: 4 },
  { name: 'f32', bytes: 4 },
  { name: 'bool', bytes: 1 },
  { name: 'string', bytes: null },
  { name: 'array', bytes: null },
  { name: 'u64', bytes: 8 },
  { name: 'i64', bytes: 8 },
  { name: 'f64', bytes: 8 },
] as const

export type GgufValueType = (typeof valueTypes)[number]['name']

/** How a tensor's elements are packed: `elements` of a row share one block of `bytes`. */
export interface TensorType {
  readonly name: string
  readonly elements: number
  readonly bytes: number
}

/** Tensor types by their number in the file. Numbers that are missing were withdrawn from the format. */
export const tensorTypes: ReadonlyMap<number, TensorType> = new Map(
  (
    [
      [0, 'F32', 1, 4],
      [1, 'F16', 1, 2],
      [2, 'Q4_0', 32, 18],
      [3, 'Q4_1', 32, 20],
      [6, 'Q5_0', 32, 22],
      [7, 'Q5_1', 32, 24],
      [8, 'Q8_0', 32, 34],
      [9, 'Q8_1', 32, 36],
      [10, 'Q2_K', 256, 84],
      [11, 'Q3_K', 256, 110],
      [12, 'Q4_K', 256, 144],
      [13, 'Q5_K', 256, 176],
      [14, 'Q6_K', 256, 210],
      [15, 'Q8_K', 256, 292],
      [16, 'IQ2_XXS', 256, 66],
      [17, 'IQ2_XS', 256, 74],
      [18, 'IQ3_XXS', 256, 98],
      [19, 'IQ1_S', 256, 50],
      [20, 'IQ4_NL', 32, 18],
      [21, 'IQ3_S', 256, 110],
      [22, 'IQ2_S', 256, 82],
      [23, 'IQ4_XS', 256, 136],
      [24, 'I8', 1, 1],
      [25, 'I16', 1, 2],
      [26, 'I32', 1, 4],
      [27, 'I64', 1, 8],
      [28, 'F64', 1, 8],
      [29, 'IQ1_M', 256, 56],
      [30, 'BF16', 1, 2],
      [34, 'TQ1_0', 256, 54],
      [35, 'TQ2_0', 256, 66],
      [39, 'MXFP4', 32, 17],
      [40, 'NVFP4', 64, 36],
      [41, 'Q1_0', 128, 18],
      [42, 'Q2_0', 64, 18],
    ] as const
  ).map(([id, name, elements, bytes]) => [id, { name, elements, bytes }]),
)

/** What `general.file_type` calls the whole file (`llama_ftype` in `llama.h`). */
export const fileTypes: ReadonlyMap<number, string> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [7, 'Q8_0'],
  [8, 'Q5_0'],
  [9, 'Q5_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K_S'],
  [12, 'Q3_K_M'],
  [13, 'Q3_K_L'],
  [14, 'Q4_K_S'],
  [15, 'Q4_K_M'],
  [16, 'Q5_K_S'],
  [17, 'Q5_K_M'],
  [18, 'Q6_K'],
  [19, 'IQ2_XXS'],
  [20, 'IQ2_XS'],
  [21, 'Q2_K_S'],
  [22, 'IQ3_XS'],
  [23, 'IQ3_XXS'],
  [24, 'IQ1_S'],
  [25, 'IQ4_NL'],
  [26, 'IQ3_S'],
  [27, 'IQ3_M'],
  [28, 'IQ2_S'],
  [29, 'IQ2_M'],
  [30, 'IQ4_XS'],
  [31, 'IQ1_M'],
  [32, 'BF16'],
  [36, 'TQ1_0'],
  [37, 'TQ2_0'],
  [38, 'MXFP4'],
  [39, 'NVFP4'],
  [40, 'Q1_0'],
  [41, 'Q2_0'],
])

/**
 * Bounds that keep any file within 100 ms and 50 MB, on a slow processor too. Each is well above what the largest
 * published models have, most several times (2026: about 1,100 tensors, 60 keys, 262,144 tokens, 515,000 merges, a
 * header of 16 MB).
 */
export const limits = {
  headerBytes: 48 * 1024 * 1024,
  keys: 4096,
  keyBytes: 1024,
  /** One string outside arrays, such as a chat template. */
  stringBytes: 1024 * 1024,
  /** All text that is kept in memory together. */
  keptBytes: 8 * 1024 * 1024,
  /** Arrays up to this length are kept, longer ones are only counted. */
  keptElements: 512,
  /** One string in an array, such as a token. */
  elementBytes: 65_535,
  /** Strings in all arrays together. */
  arrayStrings: 917_504,
  tokens: 393_216,
  /** All tokens' texts together. */
  tokenBytes: 8 * 1024 * 1024,
  tensors: 16_384,
  /** `GGML_MAX_NAME` less the closing zero. */
  tensorNameBytes: 63,
  /** `GGML_MAX_DIMS`. */
  dimensions: 4,
  alignment: 65_536,
} as const
