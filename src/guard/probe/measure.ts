/** How well scores tell one label from the other, on rows that nothing was trained on. */
import { averagePrecision, counts, f1Of, recallAt } from '../measures.ts'

export interface Scored {
  readonly score: number
  readonly label: boolean
}

export interface Measure {
  /** Area under the curve of precision over recall, as average precision. */
  readonly auprc: number
  /** Where 0.5 is the border. */
  readonly f1: number
  /** Of what is harmful, how much is found where at most one in a hundred that are harmless is as well. */
  readonly recall: number
}

/** Average precision, F1 at 0.5 and recall at 1 % false alarms, each from 0 to 1. */
export function measure(rows: readonly Scored[]): Measure {
  const scores = rows.map(({ score }) => score)
  const labels = rows.map(({ label }) => label)
  return {
    auprc: averagePrecision(scores, labels),
    f1: f1Of(counts(scores, labels, 0.5)),
    recall: recallAt(scores, labels, 0.01),
  }
}

/** The lowest score that at most one in a hundred of the harmless rows have. */
export function falseAlarms(rows: readonly Scored[], share = 0.01): number {
  const harmless = rows.filter(({ label }) => !label).map(({ score }) => score)
  const sorted = harmless.toSorted((left, right) => right - left)
  const most = sorted[Math.floor(share * sorted.length)]
  // Just above the first one that must not be found.
  return most === undefined ? 0 : Math.min(1, most + Number.EPSILON)
}
