/**
 * The few calls into Linux that Node has no function for. Everything else in this folder that speaks to the kernel goes
 * through here. Structures are laid out by hand, little-endian, for 64-bit Linux.
 */
import koffi from 'koffi'

/** What a value of the kernel's `long` may be built from: a number, or memory that must outlive the call. */
type Word = number | bigint | Uint8Array

export interface LinuxCalls {
  /** The raw system call. Returns its result, or the negated errno, as the kernel itself does. */
  syscall(number: number, ...words: readonly Word[]): number
  prctl(option: number, value: number): number
  /** Lets a file descriptor live on through `execve`. */
  keepAcrossExec(descriptor: number): void
}

/** EPERM and the like, for messages. */
export const errnoNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  7: 'E2BIG',
  13: 'EACCES',
  14: 'EFAULT',
  22: 'EINVAL',
  38: 'ENOSYS',
  95: 'EOPNOTSUPP',
}

let calls: LinuxCalls | null = null

/** @throws On anything but 64-bit Linux. */
export function linuxCalls(): LinuxCalls {
  calls ??= bind()
  return calls
}

function bind(): LinuxCalls {
  if (process.platform !== 'linux') throw new Error('These calls exist on Linux only.')
  // The Node binary is linked against the C library: whichever it is, its functions are there already.
  const library = koffi.load(null)
  const word = 'intptr_t'
  // Declared with fixed parameters: on the 64-bit ABIs of Linux, variadic integers travel in the same registers.
  const syscall = library.func('syscall', 'long', ['long', word, word, word, word, word])
  const prctl = library.func('prctl', 'int', ['int', word, word, word, word])
  const fcntl = library.func('fcntl', 'int', ['int', 'int', word])
  const result = (value: number) => (value === -1 ? -koffi.errno() : value)
  return {
    syscall: (number, ...words) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = words.map(toWord)
      return result(Number(syscall(number, a, b, c, d, e)))
    },
    prctl: (option, value) => result(prctl(option, value, 0, 0, 0)),
    keepAcrossExec: (descriptor) => {
      const setDescriptorFlags = 2
      if (fcntl(descriptor, setDescriptorFlags, 0) === -1) {
        throw new Error(`fcntl on file descriptor ${descriptor} failed: errno ${koffi.errno()}`)
      }
    },
  }
}

/** Where `memory` lies; only good for as long as somebody holds on to `memory`. */
export function addressOf(memory: Uint8Array): bigint {
  return koffi.address(memory)
}

function toWord(value: Word): number | bigint {
  return value instanceof Uint8Array ? addressOf(value) : value
}

/** The numbers of `prctl` in use here (`linux/prctl.h`). */
export const prctlOption = { parentDeathSignal: 1, dumpable: 4, noNewPrivileges: 38 } as const
