/** A process of its own that loads the native libraries: what is wrong with them may end it without a word. */
import { chooseCpuBackend } from '../../engine/child/libraries.ts'
import { bind } from '../../engine/child/binding.ts'

const [folder = '', level = ''] = process.argv.slice(2)
try {
  bind(folder)
  process.stdout.write(JSON.stringify({ level: chooseCpuBackend(folder, level === '' ? null : level).level }))
} catch (error) {
  process.stdout.write(JSON.stringify({ problem: (error as Error).message }))
}
