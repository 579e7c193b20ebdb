import koffi from 'koffi'
import type { Binding, Pointer } from './binding.ts'
import { threadpoolStruct } from './structs.ts'

/**
 * Threads that sleep between steps: spinning ones starve every other process on a small machine. Contexts, which are
 * computed in turn, share them.
 */
export function attachThreads(
  native: Binding,
  contexts: readonly Pointer[],
  cpu: Pointer,
  threads: number,
): void {
  const address = native.ggml_backend_reg_get_proc_address(cpu, 'ggml_threadpool_new')
  if (address === null) return
  const create = koffi.decode(
    address,
    koffi.proto('elpis_threadpool_new', 'void *', [koffi.pointer(threadpoolStruct)]),
  ) as (parameters: object) => Pointer | null
  const pool = create({ ...native.ggml_threadpool_params_default(threads), poll: 0 })
  if (pool === null) return
  for (const context of contexts) native.llama_attach_threadpool(context, pool, pool)
}
