/** A guard whose layers a test decides; policies and all else are real. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Scores, Signal, Verdict } from '../../src/core/verdict.ts'
import { Cascade, type Layers } from '../../src/guard/cascade/cascade.ts'
import { openPolicyShelf, type Assignment } from '../../src/guard/policy/shelf.ts'
import type { Scorer } from '../../src/guard/scores.ts'
import { reasonOf } from '../../src/guard/troubles.ts'
import { createGuard, type Guard } from '../../src/guard/stage/guard-stage.ts'
import { createModeration } from '../../src/guard/stage/moderate.ts'
import { ModerationStage } from '../../src/guard/stage/moderate-stage.ts'

interface TestGuardParts {
  /** TOML of a policy named `test`, which holds for all. */
  readonly policy?: string
  readonly assignment?: Partial<Assignment>
  readonly layers?: Partial<Layers>
  readonly patience?: number
  readonly goal?: () => number
  /** Whether models have a probe. */
  readonly probed?: boolean
  /** Moderations of one account that may be under way. */
  readonly perAccount?: number
}

export interface TestGuard extends Guard, Pick<ModerationStage, 'moderate'> {
  readonly signals: Signal[]
  readonly verdicts: Verdict[]
  readonly troubles: string[]
  /** Why, of each. */
  readonly reasons: string[]
  readonly folder: string
}

export const blockWord = `
name = "test"
summary = "One word is never said."
judge = false
[[rules]]
kind = "keywords"
name = "the word"
words = ["zanzibar"]
hazard = "S9"
input = "block"
output = "block"
`

export function testGuard({
  policy = blockWord,
  assignment = {},
  layers = {},
  patience = 1000,
  goal = () => 4,
  probed = false,
  perAccount = 64,
}: TestGuardParts = {}): TestGuard {
  const folder = mkdtempSync(join(tmpdir(), 'elpis-policies-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'test.toml'), policy)
  const shelf = openPolicyShelf(folder, {
    policy: 'test',
    organisations: {},
    keys: {},
    models: {},
    restricted: 'strict',
    ...assignment,
  })
  onTestFinished(() => shelf.close())
  const signals: Signal[] = []
  const verdicts: Verdict[] = []
  const troubles: string[] = []
  const reasons: string[] = []
  const cascade = new Cascade({ screen: null, judge: null, guardModel: null, ...layers }, patience)
  const told = {
    clock: systemClock,
    onSignal: (signal: Signal) => void signals.push(signal),
    onTrouble(layer: string, error: unknown) {
      troubles.push(layer)
      reasons.push(reasonOf(error))
    },
  }
  const moderating = new ModerationStage({
    moderation: createModeration(shelf, cascade),
    perAccount,
    ...told,
  })
  const guard = createGuard({
    shelf,
    cascade,
    ...told,
    onVerdict: ({ verdict }) => void verdicts.push(verdict),
    goal,
    probed: () => probed,
  })
  const moderate: ModerationStage['moderate'] = (items, request) => moderating.moderate(items, request)
  return Object.assign(guard, { signals, verdicts, troubles, reasons, folder, moderate })
}

/** Scores 0.95 for S2 where `word` stands, else 0. */
export function wordScorer(word: string, name = 'screen'): Scorer {
  return {
    name,
    score({ prompt, response }): Scores {
      const found = (response ?? prompt).toLowerCase().includes(word)
      return { harm: found ? 0.95 : 0, attack: 0, hazards: found ? { S2: 0.95 } : {} }
    },
  }
}
