/** Fetches a build of the native libraries with npm, and lets it in only when it is the one that was pinned. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { elpisError } from '../errors.ts'
import type { GpuPackage } from './gpu-packages.ts'

const run = promisify(execFile)
const fetchMilliseconds = 3_600_000

export interface Installing {
  readonly signal: AbortSignal
  /** Settings of npm such as its registry and proxies; `process.env` when left out. */
  readonly environment?: NodeJS.ProcessEnv
}

/**
 * Puts the package below `folder`, in place of what is there. Interrupted at any point it leaves what was there before.
 * No script of the package is run.
 *
 * @throws `gpu_install_failed`
 */
export async function installGpuPackage(
  wanted: Pick<GpuPackage, 'name' | 'version' | 'integrity'>,
  folder: string,
  { signal, environment = process.env }: Installing,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const work = await mkdtemp(join(dirname(folder), '.coming-'))
  const npm = async (...words: string[]) => {
    const options = { cwd: work, env: environment, signal, timeout: fetchMilliseconds, maxBuffer: 1 << 24 }
    await run('npm', words, options).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
      signal.throwIfAborted()
      const reason = error.code === 'ENOENT' ? 'npm is not there' : complaintOf(error.stderr ?? error.message)
      throw failed(wanted, reason)
    })
  }
  try {
    await npm('pack', `${wanted.name}@${wanted.version}`, '--loglevel=error')
    const archive = (await readdir(work)).find((name) => name.endsWith('.tgz'))
    if (archive === undefined) throw failed(wanted, 'npm fetched nothing')
    if ((await integrityOf(join(work, archive))) !== wanted.integrity)
      throw failed(wanted, 'what came has another digest than the one pinned here')
    // A project of its own, so that npm installs here and not in a folder above.
    await writeFile(join(work, 'package.json'), '{"private":true}\n')
    await npm(
      'install',
      `./${archive}`,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--offline',
      '--loglevel=error',
    )
    await rm(join(work, archive))
    await rm(folder, { recursive: true, force: true })
    await rename(work, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** As npm writes it: `sha512-` and base64. */
async function integrityOf(path: string): Promise<string> {
  const hash = createHash('sha512')
  await pipeline(createReadStream(path), hash)
  return `sha512-${hash.digest('base64')}`
}

function failed({ name, version }: Pick<GpuPackage, 'name' | 'version'>, reason: string) {
  return elpisError('gpu_install_failed', { package: `${name}@${version}`, reason })
}

/** What npm complains of: the first line that is more than a code. */
function complaintOf(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^npm (?:error|ERR!) */, '').trim())
  return (lines.find((line) => line !== '' && !line.startsWith('code ')) ?? 'npm failed').slice(0, 300)
}
