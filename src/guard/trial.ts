/** How well a guard does on texts that an operator labelled: each goes the way that a request goes. */
import type { Labelled } from './labelled.ts'
import { averagePrecision, counts, f1Of, quantile, recallAt } from './measures.ts'
import type { Moderation } from './stage/moderate.ts'

/** Shares are null where there is nothing to take a share of. */
export interface TrialOfSet {
  readonly set: string
  readonly texts: number
  readonly unsafe: number
  /** At the thresholds of the policies that hold. */
  readonly f1: number | null
  readonly recall: number | null
  readonly falseAlarms: number | null
  /** Over all thresholds. */
  readonly auprc: number | null
  readonly recallAt1: number | null
  /** Milliseconds a text. */
  readonly p50: number
  readonly p99: number
}

/** @throws Unavailable when nothing can judge */
export async function tryOut(
  texts: readonly Labelled[],
  moderation: Moderation,
  principal: Parameters<Moderation['moderate']>[1],
): Promise<TrialOfSet[]> {
  const tried: Tried[] = []
  for (const { prompt, response, label, set } of texts) {
    const begun = performance.now()
    const { flagged, scores } = await moderation.moderate({ prompt, response }, principal)
    const milliseconds = performance.now() - begun
    // Where no layer was asked, a rule decided.
    tried.push({ set, unsafe: label, flagged, harm: scores?.harm ?? (flagged ? 1 : 0), milliseconds })
  }
  return [...Map.groupBy(tried, ({ set }) => set)].map(([set, group]) => figures(set, group))
}

interface Tried {
  readonly set: string
  readonly unsafe: boolean
  readonly flagged: boolean
  readonly harm: number
  readonly milliseconds: number
}

function figures(set: string, tried: readonly Tried[]): TrialOfSet {
  const labels = tried.map(({ unsafe }) => unsafe)
  const scores = tried.map(({ harm }) => harm)
  const times = tried.map(({ milliseconds }) => milliseconds)
  const found = counts(
    tried.map(({ flagged }) => (flagged ? 1 : 0)),
    labels,
    1,
  )
  const unsafe = found.found + found.missed
  const both = unsafe > 0 && unsafe < tried.length
  return {
    set,
    texts: tried.length,
    unsafe,
    f1: unsafe > 0 ? f1Of(found) : null,
    recall: unsafe > 0 ? found.found / unsafe : null,
    falseAlarms: unsafe < tried.length ? found.falsely / (tried.length - unsafe) : null,
    auprc: both ? averagePrecision(scores, labels) : null,
    recallAt1: both ? recallAt(scores, labels, 0.01) : null,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  }
}
