/** A Python with packages that tests run, kept outside the checkout between runs. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'elpis-tests')
const run = promisify(execFile)

/**
 * Path of an interpreter that has these packages, each with its version; made with pip on the first call on a machine, which takes a minute. Null when it cannot be had:
 * why is written in one line.
 */
export async function pythonWith(packages: readonly string[]): Promise<string | null> {
  const folder = join(cache, `python-${packages.join('-').replaceAll('==', '-')}`)
  const python = join(folder, 'bin/python')
  if (existsSync(python)) return python
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'python-'))
  try {
    await run('python3', ['-m', 'venv', work])
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--prefer-binary',
      ...packages,
    ]
    await run(join(work, 'bin/python'), pip, { timeout: 240_000 })
    // Only the interpreter is used, which does not mind; scripts beside it would.
    await rename(work, folder)
    return python
  } catch (error) {
    const reason = String((error as { stderr?: string }).stderr || error).trim()
    console.warn(`Left out what needs ${packages.join(', ')}: ${reason.split('\n').at(-1) ?? ''}`)
    return null
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
