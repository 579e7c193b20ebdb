/** Where the prebuilt libraries of llama.cpp lie: packages of npm, one a platform, without install scripts. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { elpisError } from '../errors.ts'

const builds: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'mac-x64',
  'darwin-arm64': 'mac-arm64-metal',
}

/** The folder of this platform's libraries. @throws `engine_unavailable` when they are not there. */
export function librariesFolder(): string {
  const platform = `${process.platform}-${process.arch}`
  const build = builds[platform]
  if (build === undefined)
    throw elpisError('engine_unavailable', { reason: `it was not built for ${platform}` })
  const name = join('node_modules', '@node-llama-cpp', build)
  try {
    const main = createRequire(import.meta.url).resolve(`@node-llama-cpp/${build}`)
    return join(main.slice(0, main.lastIndexOf(name)), name, 'bins', build)
  } catch {
    throw elpisError('engine_unavailable', {
      reason: `the package @node-llama-cpp/${build} is not installed`,
    })
  }
}
