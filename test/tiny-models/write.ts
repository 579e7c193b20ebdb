/** Writes all tiny models into the folder named on the command line: `sh bin/node.sh test/tiny-models/write.ts FOLDER`. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { families, writeTinyModel, type FamilyName } from './families.ts'

const [, , folder = '.'] = process.argv
await mkdir(folder, { recursive: true })
for (const name of Object.keys(families) as FamilyName[]) {
  const path = join(folder, `tiny-${name}.gguf`)
  await writeTinyModel(name, path)
  console.log(path)
}
