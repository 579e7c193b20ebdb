import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { besideModule } from '../../core/entry.ts'
import { chosenGpu, gpuLibraries } from '../../engine/gpu-packages.ts'
import { formatBytes } from '../../weights/quantity.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

const device = z.object({
  name: z.string(),
  description: z.string(),
  freeBytes: z.number(),
  totalBytes: z.number(),
})
const answer = z.union([
  z.object({ loaded: z.int(), devices: z.array(device) }),
  z.object({ problem: z.string() }),
])
export type FoundDevice = z.infer<typeof device>

/** Devices that a build finds on this machine, or why it finds none. */
export async function findDevices(
  libraries: string,
): Promise<{ readonly devices: readonly FoundDevice[]; readonly problem: string | null }> {
  const probe = fileURLToPath(besideModule(import.meta.url, 'device-probe'))
  try {
    const options = { timeout: 60_000 }
    const { stdout } = await promisify(execFile)(process.execPath, [probe, libraries], options)
    // A backend may say something before our answer.
    const told = answer.parse(JSON.parse(stdout.slice(stdout.lastIndexOf('{"loaded"')) || stdout))
    if ('problem' in told) return { devices: [], problem: told.problem }
    if (told.loaded === 0)
      return { devices: [], problem: 'its driver or runtime libraries are not on this machine' }
    return { devices: told.devices, problem: told.devices.length === 0 ? 'no device was found' : null }
  } catch (error) {
    const { signal, message } = error as Error & { signal?: string }
    return {
      devices: [],
      problem: typeof signal === 'string' ? `the driver ended the process (${signal})` : message,
    }
  }
}

/** What the build in use finds; nothing where none is used. */
export async function checkGpu({ home, engine }: Config): Promise<Finding[]> {
  const kind = chosenGpu(home, engine.gpu)
  if (kind === null) return []
  const name = `GPU (${kind})`
  const libraries = gpuLibraries(home, kind)
  if (libraries === null) return [fail(name, 'not installed', `\`elpis gpu add ${kind}\` installs it.`)]
  const { devices, problem } = await findDevices(libraries)
  if (problem !== null)
    return [warn(name, `${problem}: models are computed on the CPU`, 'See `elpis gpu list`.')]
  const found = devices.map(
    ({ name: device, description, freeBytes }) => `${device}, ${description}, ${formatBytes(freeBytes)} free`,
  )
  return [ok(name, found.join('; '))]
}
