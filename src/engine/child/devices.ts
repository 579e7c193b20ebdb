import type { Binding } from './binding.ts'

/** A processor other than the CPU that the native library can compute on. */
export interface Device {
  /** Such as `Vulkan0`. */
  readonly name: string
  /** Such as `NVIDIA GeForce RTX 4090`. */
  readonly description: string
  readonly freeBytes: number
  readonly totalBytes: number
}

/** `enum ggml_backend_dev_type`: a GPU, and one that shares the CPU's memory. */
const gpuKinds = new Set([1, 2])

/** Devices of the backends that were loaded. */
export function gpuDevices(native: Binding): Device[] {
  const count = Number(native.ggml_backend_dev_count())
  return Array.from({ length: count }, (_, index) => native.ggml_backend_dev_get(index))
    .filter((device) => gpuKinds.has(native.ggml_backend_dev_type(device)))
    .map((device) => {
      const free = new BigUint64Array(1)
      const total = new BigUint64Array(1)
      native.ggml_backend_dev_memory(device, free, total)
      return {
        name: native.ggml_backend_dev_name(device) ?? '?',
        description: native.ggml_backend_dev_description(device) ?? '?',
        freeBytes: Number(free[0]),
        totalBytes: Number(total[0]),
      }
    })
}
