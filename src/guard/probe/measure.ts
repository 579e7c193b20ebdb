/** How well scores tell one label from the other, on rows that nothing was trained on. */

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

export function measure(rows: readonly Scored[]): Measure {
  return { auprc: averagePrecision(rows), f1: f1Of(rows), recall: recallAt(rows, falseAlarms(rows)) }
}

/** The lowest score that at most one in a hundred of the harmless rows have. */
export function falseAlarms(rows: readonly Scored[], share = 0.01): number {
  const harmless = rows.filter(({ label }) => !label).map(({ score }) => score)
  const sorted = harmless.toSorted((left, right) => right - left)
  const most = sorted[Math.floor(share * sorted.length)]
  // Just above the first one that must not be found.
  return most === undefined ? 0 : Math.min(1, most + Number.EPSILON)
}

function recallAt(rows: readonly Scored[], border: number): number {
  const harmful = rows.filter(({ label }) => label)
  return harmful.filter(({ score }) => score >= border).length / Math.max(1, harmful.length)
}

function f1Of(rows: readonly Scored[]): number {
  const found = rows.filter(({ score }) => score >= 0.5)
  const right = found.filter(({ label }) => label).length
  const harmful = rows.filter(({ label }) => label).length
  return found.length + harmful === 0 ? 0 : (2 * right) / (found.length + harmful)
}

function averagePrecision(rows: readonly Scored[]): number {
  const sorted = rows.toSorted((left, right) => right.score - left.score)
  const harmful = rows.filter(({ label }) => label).length
  let right = 0
  let area = 0
  for (let at = 0; at < sorted.length;) {
    // Equal scores are told apart by nobody: they count together.
    let end = at
    let more = 0
    while (end < sorted.length && sorted[end]!.score === sorted[at]!.score) if (sorted[end++]!.label) more++
    right += more
    area += (more / Math.max(1, harmful)) * (right / end)
    at = end
  }
  return area
}
