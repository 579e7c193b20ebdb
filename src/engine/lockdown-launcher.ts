/**
 * Entry of a process to be locked: locks itself as its plan says, then becomes the process proper. Landlock holds for
 * the calling thread and its offspring, and Node has several threads from the first line on; `execve` keeps only the
 * calling one, so all threads of the new program are born locked.
 */
import { linuxCalls, prctlOption } from './linux-calls.ts'
import { lockDown, lockdownVariable } from './lockdown.ts'
import { planVariable, type LaunchPlan } from './locked-process.ts'

const plan = JSON.parse(process.env[planVariable] ?? '') as LaunchPlan

const killed = 9
linuxCalls().prctl(prctlOption.parentDeathSignal, killed)
// The parent may have died before the line above.
if (process.ppid !== plan.parent) process.exit(0)

const held = lockDown(plan.allowances)
linuxCalls().keepAcrossExec(plan.channel)
process.execve?.(process.execPath, [process.execPath, ...plan.parameters], {
  ...plan.environment,
  [lockdownVariable]: held,
  // Node takes these two out of the environment of a process that it gave a channel to.
  NODE_CHANNEL_FD: String(plan.channel),
  NODE_CHANNEL_SERIALIZATION_MODE: plan.serialization,
})
