import type { Binding, Pointer } from './binding.ts'

/** The adapters (LoRA) of one model in native memory, by the index that the server gave them. */
export class NativeAdapters {
  readonly #native: Binding
  readonly #context: Pointer
  readonly #loaded = new Map<number, Pointer>()
  #current: number | null = null

  constructor(native: Binding, context: Pointer) {
    this.#native = native
    this.#context = context
  }

  has(index: number): boolean {
    return this.#loaded.has(index)
  }

  /** @throws when the file does not fit the model, or memory is short */
  load(index: number, path: string): void {
    const model = this.#native.llama_get_model(this.#context)
    const adapter = this.#native.llama_adapter_lora_init(model, path)
    if (adapter === null) throw new Error('the native library cannot load it')
    this.#loaded.set(index, adapter)
  }

  /** What follows is computed with this one; null is the model as it is. */
  use(index: number | null): void {
    if (index === this.#current) return
    const adapter = index === null ? null : (this.#loaded.get(index) ?? null)
    if (index !== null && adapter === null) throw new Error(`there is no adapter ${index}`)
    const adapters = BigUint64Array.of(...(adapter === null ? [] : [adapter]))
    // The scale that the file asks for (alpha over rank) is applied by the library.
    const scales = new Float32Array(adapters.length).fill(1)
    const code = this.#native.llama_set_adapters_lora(this.#context, adapters, adapters.length, scales)
    if (code !== 0) throw new Error(`the adapter ${index} cannot be used`)
    this.#current = index
  }

  /** Frees its memory. Nothing that is being computed may need it. */
  unload(index: number): void {
    const adapter = this.#loaded.get(index)
    if (adapter === undefined) return
    if (this.#current === index) this.use(null)
    this.#loaded.delete(index)
    this.#native.llama_adapter_lora_free(adapter)
  }
}
