/**
 * Builds of the native libraries that compute on graphics processors: packages of npm, of the very version of the one
 * that is always there (`native-libraries.ts`), fetched only when `elpis gpu add` asks for them.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Metal is part of what is installed on Macs. */
export type GpuKind = 'cuda' | 'vulkan'
export const gpuKinds: readonly GpuKind[] = ['cuda', 'vulkan']

export interface GpuPackage {
  readonly name: string
  readonly version: string
  /** SHA-512 of the archive, as npm writes it: what is fetched must hash to this. */
  readonly integrity: string
  /** Of the archive and unpacked, for people who wait and pay for it. */
  readonly megabytes: readonly [archive: number, unpacked: number]
  /** What must be on the machine already. */
  readonly needs: string
}

const version = '3.22.1'

const packages: Readonly<Record<string, Partial<Record<GpuKind, GpuPackage>>>> = {
  'linux-x64': {
    cuda: {
      name: '@node-llama-cpp/linux-x64-cuda',
      version,
      integrity:
        'sha512-8rQCjyNNLZJUFit+YpjwlC4hwkKgOMIkB2wuycKBf8NU2O3ySKbiWZQ8aw9ku2nUTXjSnUIrE6KB88itduTBuA==',
      megabytes: [143, 189],
      needs: 'an NVIDIA driver and the libraries of CUDA 13 (libcudart.so.13, libcublas.so.13)',
    },
    vulkan: {
      name: '@node-llama-cpp/linux-x64-vulkan',
      version,
      integrity:
        'sha512-bBxqU+JOcBu1nb5Qj2zcMci+JByT1E8EajHvYodyNfVIPkEhXh+/HMwR1/BT7xP08YK0hks+kM8fglER0P8JEg==',
      megabytes: [24, 74],
      needs: 'a Vulkan driver and its loader (libvulkan.so.1)',
    },
  },
}

/** What can be had for this machine. */
export function gpuPackages(
  platform = `${process.platform}-${process.arch}`,
): Partial<Record<GpuKind, GpuPackage>> {
  return packages[platform] ?? {}
}

/** Where the build of this kind is kept. */
export function gpuFolder(home: string, kind: GpuKind): string {
  return join(home, 'gpu', kind)
}

/** The folder of its libraries; null when it is not installed. */
export function gpuLibraries(home: string, kind: GpuKind): string | null {
  const found = gpuPackages()[kind]
  if (found === undefined) return null
  const bins = join(gpuFolder(home, kind), 'node_modules', found.name, 'bins')
  if (!existsSync(bins)) return null
  const [build] = readdirSync(bins)
  return build === undefined ? null : join(bins, build)
}

/** Which of the installed builds is used: what was set, or the first one there is. */
export function chosenGpu(home: string, wanted: 'auto' | 'off' | GpuKind): GpuKind | null {
  if (wanted === 'off') return null
  if (wanted !== 'auto') return wanted
  return gpuKinds.find((kind) => gpuLibraries(home, kind) !== null) ?? null
}

/**
 * What a driver needs of the machine while a model is used. With it the process of a model is less locked in than
 * without: it can speak to the driver, which is a large part of the kernel.
 */
export interface GpuAccess {
  /** To be read. */
  readonly reads: readonly string[]
  /** To be read, written and controlled. */
  readonly devices: readonly string[]
}

/**
 * What the locked process of a model must reach for a graphics processor: paths to read, and the devices that are
 * here.
 */
export function gpuAccess(kind: GpuKind): GpuAccess {
  const nvidia = devicesLike(/^nvidia/)
  const machine = [
    '/sys/bus/pci',
    '/sys/devices',
    '/sys/class/drm',
    '/sys/dev/char',
    '/proc/driver/nvidia',
    '/etc/ld.so.cache',
  ]
  if (kind === 'cuda')
    return {
      reads: [...machine, '/proc/devices', '/proc/modules', '/proc/self', '/usr/local/cuda'],
      devices: nvidia,
    }
  return {
    reads: [...machine, '/usr/share/vulkan', '/etc/vulkan', '/usr/share/drirc.d', '/proc/self'],
    devices: [...nvidia, ...(existsSync('/dev/dri') ? ['/dev/dri'] : [])],
  }
}

function devicesLike(pattern: RegExp): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/dev')
    .filter((name) => pattern.test(name))
    .map((name) => join('/dev', name))
}
