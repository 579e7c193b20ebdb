/** What a process and all its descendants take, as the kernel counts it (Linux). */
import { readdirSync, readFileSync } from 'node:fs'

/** Ids of a process and all below it; empty where /proc is missing or the process is gone. */
export function processTree(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
    )
    return [pid, ...children.flatMap((child) => processTree(Number(child)))]
  } catch {
    return []
  }
}

/** Proportional set size over the tree in bytes, so that shared pages count once; 0 where /proc is missing. */
export function treeMemory(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + memoryOf(member), 0)
}

function memoryOf(pid: number): number {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return Number(kilobytes ?? '0') * 1024
  } catch {
    return 0
  }
}
