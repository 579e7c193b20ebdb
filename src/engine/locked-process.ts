/** Starts a process of ours that handles what strangers made, with as little around it as the machine allows. */
import { spawn, type ChildProcess, type SerializationType } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { besideModule } from '../core/entry.ts'
import type { Allowance } from './landlock.ts'
import { lockdownVariable } from './lockdown.ts'

/** Variable by which the launcher is told what to do. */
export const planVariable = 'ELPIS_ENGINE_PLAN'

/** What the launcher needs to know; travels as JSON. */
export interface LaunchPlan {
  /** Process id of the server: when it ends, the kernel ends the child. */
  readonly parent: number
  readonly allowances: readonly Allowance[]
  /** Of Node: options, then the entry. */
  readonly parameters: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** File descriptor of the channel to the server. */
  readonly channel: number
  readonly serialization: SerializationType
}

export interface LockedProcessOptions {
  /** The module that the process runs. */
  readonly entry: URL
  /** Files and folders, besides Node and this package's code, that it may read. */
  readonly reads: readonly string[]
  /** Device files that it may read, write and control. */
  readonly devices?: readonly string[]
  /** npm packages that it imports, besides the bridge to native code. */
  readonly packages?: readonly string[]
  /** Options for Node, such as a memory limit. */
  readonly nodeOptions?: readonly string[]
  readonly serialization: SerializationType
}

/** Nothing of the server's own environment: it holds tokens. */
const environment: Readonly<Record<string, string>> = {
  // Both would be looked for in files that the process cannot read.
  OPENSSL_CONF: '/dev/null',
  TZ: 'UTC',
  // When it aborts, the native library would start a debugger to look at itself.
  GGML_NO_BACKTRACE: '1',
  // CUDA would keep compiled kernels in a home that is not there.
  CUDA_CACHE_DISABLE: '1',
}

/** Without a prototype's or a string's way to new code, and quiet about what is experimental. */
const nodeOptions = [
  '--disallow-code-generation-from-strings',
  '--disable-proto=delete',
  '--disable-warning=ExperimentalWarning',
]

/** The process has a channel (`send`, `message`) and its standard error as a pipe, nothing else. */
export function startLockedProcess(options: LockedProcessOptions): ChildProcess {
  const entry = fileURLToPath(options.entry)
  const parameters = [...nodeOptions, ...(options.nodeOptions ?? []), entry]
  const locked = process.platform === 'linux' && process.execve !== undefined
  const channel = 3
  const plan: LaunchPlan = {
    parent: process.pid,
    allowances: [
      ...programFiles(entry, options.packages ?? []),
      ...options.reads.map((path) => ({ path })),
      ...(options.devices ?? []).map((path) => ({ path, device: true })),
    ],
    parameters,
    environment,
    channel,
    serialization: options.serialization,
  }
  const launcher = fileURLToPath(besideModule(import.meta.url, 'lockdown-launcher'))
  return spawn(process.execPath, locked ? [...nodeOptions, launcher] : parameters, {
    cwd: '/',
    env: locked
      ? { ...environment, [planVariable]: JSON.stringify(plan) }
      : { ...environment, [lockdownVariable]: '' },
    // The channel is the fourth: file descriptor 3.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: options.serialization,
    // A group of its own: Ctrl-C in the server's terminal is for the server, which lets running answers finish.
    detached: true,
    windowsHide: true,
  })
}

/** What Node, our code and the packages it stands on need to start. */
function programFiles(entry: string, packages: readonly string[]): Allowance[] {
  const ours = new URL('..', import.meta.url)
  const libraries = mappedLibraries()
  return [
    { path: process.execPath, execute: true },
    // The dynamic linker counts as a program, too.
    ...libraries.filter((path) => /\/ld[-.][^/]*$/.test(path)).map((path) => ({ path, execute: true })),
    ...['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache'].map((path) => ({ path })),
    ...libraries.map((path) => ({ path: dirname(path) })),
    { path: dirname(entry) },
    { path: fileURLToPath(ours) },
    { path: fileURLToPath(new URL('../package.json', ours)) },
    ...[...packages, ...nativeBridge].map((name) => ({ path: packageFolder(name) })),
  ]
}

/** What the launcher itself needs, to speak to the kernel. */
const nativeBridge = ['koffi', `@koromix/koffi-${process.platform}-${process.arch}`]

function packageFolder(name: string): string {
  // The bridge's platform package belongs to the bridge, which may keep it to itself.
  const resolve = (from: string) => createRequire(from).resolve(name)
  const found = name.startsWith('@koromix/')
    ? resolve(createRequire(import.meta.url).resolve('koffi'))
    : resolve(import.meta.url)
  const folder = join('node_modules', name)
  return found.slice(0, found.lastIndexOf(folder) + folder.length)
}

/** Shared libraries of this very Node, wherever this system keeps them. */
function mappedLibraries(): string[] {
  if (process.platform !== 'linux') return []
  const paths = readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so(?:\.\S+)?$/gm)
  return [...new Set(paths)].filter((path) => !path.includes('/node_modules/'))
}
