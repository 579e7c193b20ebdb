/**
 * What Landlock has no rule for: sockets of any kind, new processes, other processes' memory, namespaces, and the
 * corners of the kernel that a decoder of tokens has no business in. A filter in classic BPF, fixed for the thread and
 * all that it starts. https://docs.kernel.org/userspace-api/seccomp_filter.html
 */
import { addressOf, linuxCalls } from './linux-calls.ts'

/** Numbers of one system call on x86-64 and on arm64 (null: it does not exist there). */
type Numbers = readonly [x64: number | null, arm64: number | null]

const noNetwork: Readonly<Record<string, Numbers>> = {
  socket: [41, 198],
  bind: [49, 200],
  listen: [50, 201],
  accept: [43, 202],
  accept4: [288, 242],
  connect: [42, 203],
  // Its operations pass by seccomp, so it would undo the lines above.
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
}

const noOtherProcesses: Readonly<Record<string, Numbers>> = {
  fork: [57, null],
  vfork: [58, null],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  tkill: [200, 130],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
}

const noKernelCorners: Readonly<Record<string, Numbers>> = {
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_by_handle_at: [304, 265],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
}

const noPrograms: Readonly<Record<string, Numbers>> = { execve: [59, 221], execveat: [322, 281] }

const machines = {
  x64: { column: 0, audit: 0xc000_003e, seccomp: 317, clone: 56, clone3: 435, kill: 62, tgkill: 234 },
  arm64: { column: 1, audit: 0xc000_00b7, seccomp: 277, clone: 220, clone3: 435, kill: 129, tgkill: 131 },
} as const
type Machine = (typeof machines)[keyof typeof machines]

/**
 * No sockets, no new processes, no signals but to this process itself, none of the kernel's corners; for all threads of
 * this process and all that it becomes. `no_new_privs` must be set already.
 *
 * @returns Whether the filter holds: the kernel or a container around us may not let us have one.
 */
export function refuseDangerousCalls(): boolean {
  return install((machine) => [
    ...refuseAll(machine, { ...noNetwork, ...noOtherProcesses, ...noKernelCorners }),
    ...onlyToItself(machine.kill),
    ...onlyToItself(machine.tgkill),
    ...onlyThreads(machine),
  ])
}

/** From here on no thread of this process can start a program. */
export function refusePrograms(): boolean {
  return install((machine) => refuseAll(machine, noPrograms))
}

/** One instruction of classic BPF: struct sock_filter. */
interface Instruction {
  readonly code: number
  readonly ifTrue: number
  readonly ifFalse: number
  readonly value: number
}

/** Offsets in struct seccomp_data. */
const call = 0
const architecture = 4
const firstArgument = 16

const allowed = 0x7fff_0000
const killed = 0x8000_0000
const refused = 0x0005_0000 | 1 // EPERM
const unknown = 0x0005_0000 | 38 // ENOSYS

const load = (offset: number): Instruction => ({ code: 0x20, ifTrue: 0, ifFalse: 0, value: offset })
const answer = (verdict: number): Instruction => ({ code: 0x06, ifTrue: 0, ifFalse: 0, value: verdict })
/** `then` is passed over when what was loaded does not compare so. */
const when = (comparison: number) => (value: number, then: readonly Instruction[]) => [
  { code: comparison, ifTrue: 0, ifFalse: then.length, value },
  ...then,
]
const whenEqual = when(0x15)
const whenAtLeast = when(0x35)
const whenAnyBit = when(0x45)

function refuseAll(machine: Machine, calls: Readonly<Record<string, Numbers>>): Instruction[] {
  return Object.values(calls)
    .map((numbers) => numbers[machine.column])
    .filter((number) => number !== null)
    .flatMap((number) => whenEqual(number, [answer(refused)]))
}

/** The process keeps its id when it becomes another program. */
function onlyToItself(number: number): Instruction[] {
  return whenEqual(number, [
    load(firstArgument),
    ...whenEqual(process.pid, [answer(allowed)]),
    answer(refused),
  ])
}

/** The C library falls back to clone, whose flags can be seen here, when it is told that there is no clone3. */
function onlyThreads(machine: Machine): Instruction[] {
  const thread = 0x0001_0000
  const namespaces = 0x7e02_0000
  return [
    ...whenEqual(machine.clone3, [answer(unknown)]),
    ...whenEqual(machine.clone, [
      load(firstArgument),
      ...whenAnyBit(namespaces, [answer(refused)]),
      ...whenAnyBit(thread, [answer(allowed)]),
      answer(refused),
    ]),
  ]
}

function install(rules: (machine: Machine) => readonly Instruction[]): boolean {
  const machine = machines[process.arch as keyof typeof machines] as Machine | undefined
  if (process.platform !== 'linux' || machine === undefined) return false
  const compatibilityCalls = 0x4000_0000
  const program = [
    load(architecture),
    { code: 0x15, ifTrue: 1, ifFalse: 0, value: machine.audit },
    // Calls of another architecture have other numbers: nothing of ours makes any.
    answer(killed),
    load(call),
    ...whenAtLeast(compatibilityCalls, [answer(refused)]),
    ...rules(machine),
    answer(allowed),
  ]
  const code = Buffer.concat(program.map(encode))
  // struct sock_fprog: a 16-bit count, padding, a pointer.
  const filter = Buffer.alloc(16)
  filter.writeUInt16LE(program.length, 0)
  filter.writeBigUInt64LE(addressOf(code), 8)
  const [setModeFilter, onAllThreads] = [1, 1]
  return linuxCalls().syscall(machine.seccomp, setModeFilter, onAllThreads, filter) === 0
}

function encode({ code, ifTrue, ifFalse, value }: Instruction): Buffer {
  const instruction = Buffer.alloc(8)
  instruction.writeUInt16LE(code, 0)
  instruction.writeUInt8(ifTrue, 2)
  instruction.writeUInt8(ifFalse, 3)
  instruction.writeUInt32LE(value, 4)
  return instruction
}
