/** A process of its own that loads a build for graphics processors and tells what it finds: a driver may end it. */
import { bind } from '../../engine/child/binding.ts'
import { gpuDevices } from '../../engine/child/devices.ts'
import { chooseCpuBackend, otherBackends } from '../../engine/child/libraries.ts'

const [folder = ''] = process.argv.slice(2)
try {
  const native = bind(folder)
  native.llama_log_set(native.silence, null)
  native.ggml_backend_load(chooseCpuBackend(folder, null).path)
  const backends = otherBackends(folder)
  const loaded = backends.filter((path) => native.ggml_backend_load(path) !== null)
  process.stdout.write(JSON.stringify({ loaded: loaded.length, devices: gpuDevices(native) }))
} catch (error) {
  process.stdout.write(JSON.stringify({ problem: (error as Error).message }))
}
