/** Finds the native libraries in their folder: file names carry versions and differ between platforms. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import koffi, { type LibraryHandle } from 'koffi'

/** The libraries whose functions are called: `libllama`, `libggml` (backends) and `libggml-base`. */
export interface NativeFiles {
  readonly llama: LibraryHandle
  readonly ggml: LibraryHandle
  readonly base: LibraryHandle
}

/** A backend that computes on this kind of processor, such as `haswell`. */
export interface CpuBackend {
  readonly level: string
  readonly path: string
}

/** Such as `.v0.5.0`: what follows a name, but not another name. */
const versioned = String.raw`(?:\..*)?`
const extension = String.raw`\.(?:so|dylib)$`

/** Opens the three libraries of `folder`. @throws when one is missing or cannot be opened. */
export function loadNativeFiles(folder: string): NativeFiles {
  const names = readdirSync(folder)
  const open = (library: string, rest: string): LibraryHandle => {
    const pattern = new RegExp(`^${library}${rest}${extension}`)
    const name = names.find((name) => pattern.test(name))
    if (name === undefined) throw new Error(`the folder of native libraries has no ${library}`)
    return koffi.load(join(folder, name))
  }
  // In this order: each is found by the next one through its own folder.
  const base = open('libggml-base', '')
  const ggml = open('libggml', versioned)
  return { base, ggml, llama: open('libllama', versioned) }
}

/**
 * The CPU backend to use: the one called `level`, or, when that is null, the one that scores highest on this machine
 * (0 means that it cannot run here).
 *
 * @throws when `level` is unknown or cannot run here, naming those that can.
 */
export function chooseCpuBackend(folder: string, level: string | null): CpuBackend {
  const usable = cpuBackends(folder)
    .map(({ level, path }) => ({ level, path, score: scoreOf(path) }))
    .filter((backend) => backend.score > 0)
    .sort((left, right) => right.score - left.score)
  const chosen = level === null ? usable[0] : usable.find((backend) => backend.level === level)
  if (chosen !== undefined) return chosen
  const levels = usable.map((backend) => backend.level).join(', ')
  throw new Error(
    level === null
      ? 'no CPU backend runs on this machine'
      : `the CPU level "${level}" does not run here; ${levels} do`,
  )
}

/** Backends for other processors than the CPU, such as `libggml-metal.so`. */
export function otherBackends(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => new RegExp(`^libggml-(?!base|cpu).*${extension}`).test(name))
    .map((name) => join(folder, name))
}

function cpuBackends(folder: string): CpuBackend[] {
  return readdirSync(folder).flatMap((name) => {
    const level = new RegExp(`^libggml-cpu-?(.*)${extension}`).exec(name)?.[1]
    return level === undefined ? [] : [{ level: level || 'generic', path: join(folder, name) }]
  })
}

/** How well a backend fits this machine, by its own account; a file without an account fits anywhere, worst. */
function scoreOf(path: string): number {
  const library = koffi.load(path)
  try {
    return library.func('ggml_backend_score', 'int', [])() as number
  } catch {
    return 1
  } finally {
    library.unload()
  }
}
