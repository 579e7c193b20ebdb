import { spawnSync } from 'node:child_process'

/** Ids of the engine processes under a server: its children, one a loaded model. */
export function engineProcesses(server: number | undefined): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => Number(row?.[2]) === server && (row?.[3] ?? '').includes('engine-process'))
    .map((row) => Number(row?.[1]))
}
