/** Prints what it costs to refuse the file named on the command line. Runs as a process of its own. */
import { checkWeights } from '../../src/weights/gguf/check.ts'

const [, , path = ''] = process.argv

async function refusal(): Promise<string | null> {
  try {
    await checkWeights([path])
    return null
  } catch (error) {
    return (error as Error).message
  }
}

const before = process.resourceUsage().maxRSS
const refused = await refusal()
const megabytes = (process.resourceUsage().maxRSS - before) / 1024
let milliseconds = Number.POSITIVE_INFINITY
for (let attempt = 0; attempt < 5; attempt++) {
  const start = process.cpuUsage()
  await refusal()
  const { user, system } = process.cpuUsage(start)
  milliseconds = Math.min(milliseconds, (user + system) / 1000)
}
process.stdout.write(JSON.stringify({ refused, milliseconds, megabytes }))
