/** Runs the rows through the guard as it ships, and through each of its layers alone, each timed alone. */
import { createHash } from 'node:crypto'
import type { KeyId, OrganisationId } from '../../src/core/ids.ts'
import { Cascade } from '../../src/guard/cascade/cascade.ts'
import { DeploymentSecret } from '../../src/guard/defence/deployment-secret.ts'
import { keyedScorer } from '../../src/guard/defence/keyed-scorer.ts'
import type { JudgeModel } from '../../src/guard/judge/model.ts'
import { openPolicyShelf } from '../../src/guard/policy/shelf.ts'
import type { Passage, Scorer } from '../../src/guard/scores.ts'
import { screenOfAnswers } from '../../src/guard/screen/screen-of-answers.ts'
import type { Screen } from '../../src/guard/screen/screen.ts'
import { createModeration, type Moderation } from '../../src/guard/stage/moderate.ts'
import type { Row } from './rows.ts'

export const principal = { organisationId: 'org_home' as OrganisationId, keyId: 'key_bench' as KeyId }

export interface Layers {
  readonly screen: Screen
  readonly judge: JudgeModel
}

export interface Judged {
  readonly row: Row
  readonly screen: number
  readonly judge: number
  readonly attack: number
  /** What the guard as it ships makes of it: the highest score of all that it read. */
  readonly harm: number
  /** Whether the policy `standard` blocks it. */
  readonly flagged: boolean
  /** Whether anything but the screen was asked. */
  readonly pastScreen: boolean
  /** Milliseconds of this thread's time: what neighbours on the machine take does not count. */
  readonly screenTime: number
  readonly judgeTime: number
  readonly guardTime: number
}

/**
 * The guard of a deployment called `name`, in this thread: decoded views, screen, judge, what is left out by its secret,
 * thresholds that its secret moved, the rules of `standard`.
 */
export function deployment(name: string, { screen, judge }: Layers): Moderation {
  const secret = new DeploymentSecret(createHash('sha256').update(name).digest())
  const asked: Scorer = { name: 'judge', score: (passage: Passage) => judge.score(passage) }
  const cascade = new Cascade(
    { screen: screenOfAnswers(screen), judge: keyedScorer(asked, secret), guardModel: null },
    60_000,
  )
  const assignment = { policy: 'standard', restricted: 'strict', organisations: {}, keys: {}, models: {} }
  return createModeration(openPolicyShelf('', assignment, { secret }), cascade)
}

export async function evaluate(rows: readonly Row[], layers: Layers): Promise<Judged[]> {
  const { screen, judge } = layers
  const guard = deployment('measured', layers)
  for (const { passage } of rows.slice(0, 50)) await guard.moderate(passage, principal)
  const judged: Judged[] = []
  for (const row of rows) {
    const { passage } = row
    const [first, screenTime] = await timed(() => screen.score(passage))
    const [second, judgeTime] = await timed(() => judge.score(passage))
    const [whole, guardTime] = await timed(() => guard.moderate(passage, principal))
    judged.push({
      row,
      screen: first.harm,
      judge: second.harm,
      attack: second.attack,
      harm: whole.scores?.harm ?? 1,
      flagged: whole.flagged,
      pastScreen: whole.layer !== 'screen',
      screenTime,
      judgeTime,
      guardTime,
    })
  }
  return judged
}

async function timed<Value>(work: () => Value | Promise<Value>): Promise<[Value, number]> {
  const begun = used()
  const value = await work()
  return [value, used() - begun]
}

function used(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
