/**
 * How well the shipped guard tells harm from what only looks like it: `npm run eval:guard -- FOLDER_OF_THE_DATA [MOST_ROWS [FILE]]`.
 * The guard is the product's own, under the policy `standard` and a fixed secret of a deployment, with the weights that it ships;
 * prints Markdown for `bench/results`, and writes the scores of every row to FILE, without its text.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { JudgeModel } from '../src/guard/judge/model.ts'
import { Screen } from '../src/guard/screen/screen.ts'
import { evaluate } from './guard/evaluate.ts'
import { latencyTable, reportOf } from './guard/report.ts'
import { heldOutRows, sampled, testRows } from './guard/rows.ts'

const folder = process.argv[2] ?? '../shared/guard'
if (!existsSync(join(folder, 'public_test.jsonl.gz'))) {
  console.log(`eval:guard skipped: there is no guard data in ${folder}`)
  process.exit(0)
}
const most = Number(process.argv[3] ?? Infinity)
const [screen, judge] = [new Screen(), new JudgeModel()]
const rows = sampled([...testRows(folder), ...heldOutRows(folder)], most)
const judged = await evaluate(rows, { screen, judge })
if (process.argv[4] !== undefined) {
  const lines = judged.map(({ row, ...scores }) =>
    JSON.stringify({ set: row.set, unsafe: row.unsafe, ...scores }),
  )
  writeFileSync(process.argv[4], lines.join('\n'))
}
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, Node ${process.version}`,
)
console.log(`\n${reportOf(judged)}\n\n${latencyTable(judged)}`)
