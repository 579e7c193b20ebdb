import { existsSync } from 'node:fs'
import { rm as removeFolder } from 'node:fs/promises'
import { elpisError } from '../errors.ts'
import { installGpuPackage } from '../engine/gpu-install.ts'
import {
  chosenGpu,
  gpuFolder,
  gpuKinds,
  gpuLibraries,
  gpuPackages,
  type GpuKind,
  type GpuPackage,
} from '../engine/gpu-packages.ts'
import { formatBytes } from '../weights/quantity.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { findDevices, type FoundDevice } from './doctor/gpu-devices.ts'
import { table } from './table.ts'

interface Build {
  readonly kind: GpuKind
  readonly package: GpuPackage
  readonly installed: boolean
  /** A server that is started now computes on it. */
  readonly used: boolean
  readonly devices: readonly FoundDevice[]
  readonly problem: string | null
}

const list = defineCommand({
  name: 'list',
  summary: 'List the builds for graphics processors, and the devices that the installed ones find.',
  examples: ['elpis gpu list', 'elpis gpu list --json'],
  async run({ config, json, terminal }) {
    const { home, engine } = config()
    const builds: Build[] = []
    for (const kind of gpuKinds) {
      const found = gpuPackages()[kind]
      if (found === undefined) continue
      const libraries = gpuLibraries(home, kind)
      const used = chosenGpu(home, engine.gpu) === kind
      const { devices, problem } =
        libraries === null ? { devices: [], problem: null } : await findDevices(libraries)
      builds.push({ kind, package: found, installed: libraries !== null, used, devices, problem })
    }
    if (json) terminal.print(JSON.stringify({ builds }))
    else if (builds.length === 0) terminal.note(nothingFor())
    else terminal.print(tableOf(builds))
  },
})

const add = defineCommand({
  name: 'add',
  summary: 'Install the build for a kind of graphics processor.',
  usage: 'cuda|vulkan',
  details:
    'npm fetches the package, which must have the digest that this version of Elpis knows. Models that are loaded afterwards use it, unless engine.gpu says otherwise. The process of a model can then speak to the driver: it is less locked in.',
  examples: ['elpis gpu add cuda', 'elpis gpu add vulkan'],
  positionals: [1, 1],
  async run({ positionals: [wanted = ''], config, json, terminal, signal }) {
    const { home } = config()
    const kind = gpuKinds.find((known) => known === wanted)
    const found = kind === undefined ? undefined : gpuPackages()[kind]
    if (kind === undefined || found === undefined) throw unknown(wanted)
    const [archive, unpacked] = found.megabytes
    terminal.note(
      `Fetching ${found.name}@${found.version}: ${archive} MB, ${unpacked} MB unpacked. It needs ${found.needs}.`,
    )
    await installGpuPackage(found, gpuFolder(home, kind), { signal })
    const { devices, problem } = await findDevices(gpuLibraries(home, kind) ?? '')
    if (json) {
      terminal.print(JSON.stringify({ kind, package: found, devices, problem }))
      return
    }
    terminal.print(`Installed ${kind}.`)
    if (problem === null) terminal.print(devices.map(deviceLine).join('\n'))
    else terminal.note(`It cannot be used yet: ${problem}. It needs ${found.needs}.`)
  },
})

const rm = defineCommand({
  name: 'rm',
  summary: 'Remove the build for a kind of graphics processor.',
  usage: 'cuda|vulkan',
  examples: ['elpis gpu rm vulkan'],
  positionals: [1, 1],
  async run({ positionals: [wanted = ''], config, json, terminal }) {
    const kind = gpuKinds.find((known) => known === wanted)
    const folder = kind === undefined ? null : gpuFolder(config().home, kind)
    if (kind === undefined || folder === null || !existsSync(folder)) throw unknown(wanted)
    await removeFolder(folder, { recursive: true })
    terminal.print(json ? JSON.stringify({ removed: kind }) : `Removed ${kind}.`)
  },
})

export const gpu: CommandGroup = {
  name: 'gpu',
  summary: 'Install what computes on graphics processors, and show them.',
  commands: [list, add, rm],
}

function unknown(kind: string) {
  const kinds = Object.keys(gpuPackages())
  const suggestion =
    kinds.length === 0 ? nothingFor() : `There are: ${kinds.join(', ')}. See \`elpis gpu list\`.`
  return elpisError('gpu_unknown', { kind: kind.slice(0, 100), suggestion })
}

function nothingFor(): string {
  return process.platform === 'darwin' && process.arch === 'arm64'
    ? 'Metal is part of Elpis on this machine: there is nothing to install.'
    : `There is no build for ${process.platform}-${process.arch}.`
}

function tableOf(builds: readonly Build[]): string {
  const rows = builds.map(({ kind, installed, used, devices, problem, package: { megabytes, needs } }) => [
    kind,
    used ? 'used' : installed ? 'installed' : `${megabytes[1]} MB`,
    installed ? (problem ?? devices.map(({ name }) => name).join(', ')) : `needs ${needs}`,
  ])
  const devices = builds.flatMap((build) => build.devices.map(deviceLine))
  return [table([['KIND', 'STATE', 'DEVICES'], ...rows], []), ...devices].join('\n')
}

function deviceLine({ name, description, freeBytes, totalBytes }: FoundDevice): string {
  return `${name}: ${description}, ${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free`
}
