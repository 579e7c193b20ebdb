/** The usual measures of a classifier. */

export interface Counts {
  readonly found: number
  readonly missed: number
  readonly falsely: number
  readonly rightly: number
}

/**
 * How many rows a threshold finds, misses, flags falsely and passes rightly. A score equal to the threshold is
 * flagged.
 */
export function counts(scores: readonly number[], labels: readonly boolean[], threshold: number): Counts {
  let [found, missed, falsely, rightly] = [0, 0, 0, 0]
  for (const [at, score] of scores.entries()) {
    const flagged = score >= threshold
    if (labels[at] === true && flagged) found++
    else if (labels[at] === true) missed++
    else if (flagged) falsely++
    else rightly++
  }
  return { found, missed, falsely, rightly }
}

/** F1, the harmonic mean of precision and recall, from 0 to 1; 0 when there is nothing to find. */
export function f1Of({ found, missed, falsely }: Pick<Counts, 'found' | 'missed' | 'falsely'>): number {
  return (2 * found) / Math.max(1, 2 * found + missed + falsely)
}

/** Area under precision over recall. Equal scores are told apart by nobody: they count together. */
export function averagePrecision(scores: readonly number[], labels: readonly boolean[]): number {
  const order = [...scores.keys()].sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0))
  let [found, sum] = [0, 0]
  for (let rank = 0; rank < order.length;) {
    const score = scores[order[rank]!]
    let more = 0
    for (; rank < order.length && scores[order[rank]!] === score; rank++)
      if (labels[order[rank]!] === true) more++
    found += more
    sum += (more * found) / rank
  }
  return sum / Math.max(1, found)
}

/** Recall at the lowest threshold that flags at most `share` of the harmless. */
export function recallAt(scores: readonly number[], labels: readonly boolean[], share: number): number {
  const harmless = scores.filter((_score, at) => labels[at] !== true).sort((left, right) => right - left)
  const threshold = harmless[Math.floor(harmless.length * share)] ?? -Infinity
  const harmful = scores.filter((_score, at) => labels[at] === true)
  return harmful.filter((score) => score > threshold).length / Math.max(1, harmful.length)
}

/** The value at `share` (0 to 1) of the sorted values, not interpolated; 0 when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
