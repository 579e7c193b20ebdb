/** Runs the rows through both layers, each timed alone. */
import type { JudgeModel } from '../../src/guard/judge/model.ts'
import type { Screen } from '../../src/guard/screen/screen.ts'
import type { Row } from './rows.ts'

/** Below this the screen is believed and the judge not asked. */
export const screenEnds = 0.02

export interface Judged {
  readonly row: Row
  readonly screen: number
  readonly judge: number
  readonly attack: number
  /** What the two together say. */
  readonly cascade: number
  /** Milliseconds. */
  readonly screenTime: number
  readonly judgeTime: number
}

export function evaluate(rows: readonly Row[], screen: Screen, judge: JudgeModel): Judged[] {
  for (const { passage } of rows.slice(0, 50)) judge.score(passage)
  return rows.map((row) => {
    const begun = performance.now()
    const first = screen.score(row.passage).harm
    const between = performance.now()
    const second = judge.score(row.passage)
    const ended = performance.now()
    const cascade = first < screenEnds ? Math.min(first, second.harm) : second.harm
    const [screenTime, judgeTime] = [between - begun, ended - between]
    return { row, screen: first, judge: second.harm, attack: second.attack, cascade, screenTime, judgeTime }
  })
}
