/** Milliseconds of processor that `work` took: a bound on it holds on a machine that is busy with other things too. */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
