/**
 * Landlock: a thread gives up access to files, TCP and signals, for itself and for all that it starts, for ever.
 * https://docs.kernel.org/userspace-api/landlock.html
 */
import { closeSync, constants, openSync, statSync } from 'node:fs'
import { errnoNames, linuxCalls } from './linux-calls.ts'

const createRuleset = 444
const addRule = 445
const restrictSelf = 446

const execute = 1n << 0n
const writeFile = 1n << 1n
const readFile = 1n << 2n
const readFolder = 1n << 3n
const controlDevice = 1n << 15n
/** The first ABI's 13 rights; later ones add moving (2), truncating (3) and device control (5). */
const fileRights = (version: number) =>
  (1n << (version >= 5 ? 16n : version >= 3 ? 15n : version >= 2 ? 14n : 13n)) - 1n
/** TCP bind and connect, since ABI 4. */
const networkRights = (version: number) => (version >= 4 ? 3n : 0n)
/** Abstract Unix sockets and signals to processes outside, since ABI 6. */
const scopes = (version: number) => (version >= 6 ? 3n : 0n)

/** The newest ABI that this file knows; what later ones add is left alone. */
const newestKnown = 7

/** A file, or a folder with all below it, and what may be done with it. What does not exist is passed over. */
export interface Allowance {
  readonly path: string
  readonly execute?: boolean
  /** A device, or a folder of devices, that is written to and controlled as well. */
  readonly device?: boolean
}

/** ABI version of the running kernel; 0 where there is no Landlock. */
export function landlockVersion(): number {
  if (process.platform !== 'linux') return 0
  const askVersion = 1
  return Math.max(0, linuxCalls().syscall(createRuleset, 0, 0, askVersion))
}

/**
 * From here on this thread can read what is listed and touch no other file, open no TCP connection and signal nobody
 * outside. `no_new_privs` must be set already.
 *
 * @returns The ABI version in force.
 * @throws When the kernel has Landlock and refuses: going on open would be failing open.
 */
export function landlockTo(allowances: readonly Allowance[]): number {
  const [ruleset, version] = newRuleset()
  try {
    for (const allowance of allowances) permit(ruleset, allowance, fileRights(version))
    check('landlock_restrict_self', linuxCalls().syscall(restrictSelf, ruleset, 0))
  } finally {
    closeSync(ruleset)
  }
  return version
}

function newRuleset(): [ruleset: number, version: number] {
  let problem = 0
  // Some vendors' kernels claim a version of which they lack a part: take the newest one that is really there.
  for (let version = Math.min(landlockVersion(), newestKnown); version > 0; version--) {
    const attributes = Buffer.alloc(24)
    attributes.writeBigUInt64LE(fileRights(version), 0)
    attributes.writeBigUInt64LE(networkRights(version), 8)
    attributes.writeBigUInt64LE(scopes(version), 16)
    const size = version >= 6 ? 24 : version >= 4 ? 16 : 8
    const ruleset = linuxCalls().syscall(createRuleset, attributes, size, 0)
    if (ruleset >= 0) return [ruleset, version]
    problem = ruleset
  }
  check('landlock_create_ruleset', problem)
  throw new Error('This kernel has no Landlock.')
}

function permit(ruleset: number, allowance: Allowance, handled: bigint): void {
  const onlyAPath = 0o10000000 // O_PATH, which Node has no name for
  const found = statSync(allowance.path, { throwIfNoEntry: false })
  if (found === undefined) return
  const descriptor = openSync(allowance.path, onlyAPath | constants.O_RDONLY)
  try {
    const rights =
      readFile |
      (found.isDirectory() ? readFolder : 0n) |
      (allowance.execute === true ? execute : 0n) |
      (allowance.device === true ? writeFile | controlDevice : 0n)
    // struct landlock_path_beneath_attr is packed: 8 bytes of rights, 4 of file descriptor.
    const rule = Buffer.alloc(12)
    rule.writeBigUInt64LE(rights & handled, 0)
    rule.writeInt32LE(descriptor, 8)
    const pathBeneath = 1
    check('landlock_add_rule', linuxCalls().syscall(addRule, ruleset, pathBeneath, rule, 0))
  } finally {
    closeSync(descriptor)
  }
}

function check(call: string, result: number): void {
  if (result < 0) throw new Error(`${call} failed: ${errnoNames[-result] ?? `errno ${-result}`}`)
}
