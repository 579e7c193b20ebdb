import { bool, f32, f32s, i32s, text, texts, u32, type GgufParts, type TypedValue } from './gguf-writer.ts'

/**
 * The parts of a small sound file, for tests that break one of them: a Llama with one layer, eight tokens and one
 * tensor. A value of null takes a key out, a new key goes to the end.
 */
export function soundParts(
  changes: Readonly<Record<string, TypedValue | null>> = {},
  others: Partial<GgufParts> = {},
): GgufParts {
  const metadata = new Map(Object.entries(soundMetadata))
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) metadata.delete(key)
    else metadata.set(key, value)
  }
  return {
    metadata: [...metadata],
    tensors: [
      { name: 'token_embd.weight', dimensions: [32, 8], type: 0, data: Buffer.alloc(32 * 8 * 4) },
      { name: 'output_norm.weight', dimensions: [32], type: 0, data: Buffer.alloc(32 * 4) },
    ],
    ...others,
  }
}

const soundMetadata: Readonly<Record<string, TypedValue>> = {
  'general.architecture': text('llama'),
  'general.type': text('model'),
  'general.name': text('Sound'),
  'general.license': text('apache-2.0'),
  'general.languages': texts(['en', 'el']),
  'general.alignment': u32(32),
  'general.file_type': u32(0),
  'llama.block_count': u32(1),
  'llama.context_length': u32(128),
  'llama.embedding_length': u32(32),
  'llama.feed_forward_length': u32(64),
  'llama.attention.head_count': u32(4),
  'llama.attention.head_count_kv': u32(2),
  'llama.rope.freq_base': f32(10_000),
  'tokenizer.ggml.model': text('llama'),
  'tokenizer.ggml.tokens': texts(['<unk>', '<s>', '</s>', 'a', 'b', 'ab', 'c', 'd']),
  'tokenizer.ggml.scores': f32s([0, 0, 0, -1, -2, -3, -4, -5]),
  'tokenizer.ggml.token_type': i32s([2, 3, 3, 1, 1, 1, 1, 1]),
  'tokenizer.ggml.bos_token_id': u32(1),
  'tokenizer.ggml.eos_token_id': u32(2),
  'tokenizer.ggml.add_bos_token': bool(true),
  'tokenizer.chat_template': text('{{ messages[0].content }}'),
}
