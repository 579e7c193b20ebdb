/** Runs the rows through both layers, each timed alone. */
import type { JudgeModel } from '../../src/guard/judge/model.ts'
import type { Screen } from '../../src/guard/screen/screen.ts'
import type { Row } from './rows.ts'

/** Up to this the screen is believed and the judge not asked: `cascade.clear` of the policies that ship. */
export const screenEnds = 0.01

export interface Judged {
  readonly row: Row
  readonly screen: number
  readonly judge: number
  readonly attack: number
  /** What the two together say. */
  readonly cascade: number
  /** Milliseconds of this thread's time: what neighbours on the machine take does not count. */
  readonly screenTime: number
  readonly judgeTime: number
}

export function evaluate(rows: readonly Row[], screen: Screen, judge: JudgeModel): Judged[] {
  for (const { passage } of rows.slice(0, 50)) judge.score(passage)
  return rows.map((row) => {
    const begun = used()
    const first = screen.score(row.passage).harm
    const between = used()
    const second = judge.score(row.passage)
    const ended = used()
    const cascade = first < screenEnds ? Math.min(first, second.harm) : second.harm
    const [screenTime, judgeTime] = [between - begun, ended - between]
    return { row, screen: first, judge: second.harm, attack: second.attack, cascade, screenTime, judgeTime }
  })
}

function used(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
