/**
 * Invariant 8: native code that reads weights, and templates that come with them, may touch their own files and their
 * pipe, nothing else. On Linux a process gives up everything else before it loads any of that, in two steps: the
 * launcher (lockdown-launcher.ts) locks itself and becomes the process proper, so that every thread of it is born
 * locked; once its libraries are loaded, that process calls `restrictToModel`.
 */
import { landlockTo, landlockVersion, type Allowance } from './landlock.ts'
import { linuxCalls, prctlOption } from './linux-calls.ts'
import { refuseDangerousCalls, refusePrograms } from './seccomp.ts'

/** Variable that tells a locked process what holds, such as `no_new_privs, seccomp, landlock 7`. */
export const lockdownVariable = 'ELPIS_ENGINE_LOCKDOWN'

/** What a process needs of the machine for as long as it lives: memory and processors to be counted. */
const machineFacts: readonly Allowance[] = [
  { path: '/dev/null' },
  { path: '/proc/meminfo' },
  { path: '/proc/cpuinfo' },
  { path: '/proc/stat' },
  { path: '/sys/devices/system/cpu' },
  { path: '/sys/devices/system/node' },
]

/**
 * Locks this process, and what it becomes, to what is listed.
 *
 * @returns What holds now. Empty where the kernel offers nothing of all that.
 * @throws When the kernel has a lock and does not let us turn it.
 */
export function lockDown(allowances: readonly Allowance[]): string {
  const held: string[] = []
  // Without it a set-uid program would undo what follows; both locks demand it.
  if (linuxCalls().prctl(prctlOption.noNewPrivileges, 1) !== 0) return ''
  held.push('no_new_privs')
  if (landlockVersion() > 0) held.push(`landlock ${landlockTo([...allowances, ...machineFacts])}`)
  if (refuseDangerousCalls()) held.push('seccomp')
  return held.join(', ')
}

/**
 * To be called once by the process that holds a model, when its libraries are loaded and before the model is opened:
 * gives up the libraries' files, every other program, and being looked into. Does nothing where nothing was locked.
 *
 * @param paths Absolute paths of the model's files, and of what drivers read.
 * @param devices Files through which drivers are spoken to, if any.
 * @returns What holds now, for `LoadedModel.lockdown`.
 * @throws When the kernel has a lock and does not let us turn it.
 */
export function restrictToModel(paths: readonly string[], devices: readonly string[] = []): string {
  const held = process.env[lockdownVariable] ?? ''
  if (held === '') return held
  // No core dump with people's prompts in it, and no debugger of the same user's.
  linuxCalls().prctl(prctlOption.dumpable, 0)
  if (held.includes('landlock'))
    landlockTo([
      ...paths.map((path) => ({ path })),
      ...devices.map((path) => ({ path, device: true })),
      ...machineFacts,
    ])
  if (held.includes('seccomp')) refusePrograms()
  return held
}
