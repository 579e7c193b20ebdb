import koffi from 'koffi'
import type { Binding, Pointer } from './binding.ts'
import { threadpoolStruct } from './structs.ts'

/** Threads that sleep between steps: spinning ones starve every other process on a small machine. */
export function attachThreads(native: Binding, context: Pointer, cpu: Pointer, threads: number): void {
  const address = native.ggml_backend_reg_get_proc_address(cpu, 'ggml_threadpool_new')
  if (address === null) return
  const create = koffi.decode(
    address,
    koffi.proto('elpis_threadpool_new', 'void *', [koffi.pointer(threadpoolStruct)]),
  ) as (parameters: object) => Pointer | null
  const pool = create({ ...native.ggml_threadpool_params_default(threads), poll: 0 })
  if (pool !== null) native.llama_attach_threadpool(context, pool, pool)
}
