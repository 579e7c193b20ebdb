import { bandsAlike, bandsOf } from './fingerprint.ts'
import type { Sign } from './sign.ts'

/** Questions that are nearly the same. */
export interface Cluster {
  readonly signs: readonly Sign[]
  readonly people: number
}

/** A band that so many share says nothing any more (an empty form, a common preamble). */
const mostOfOneBand = 5000

/**
 * Groups of nearly the same questions by at least `least` people, the largest first. Each question joins the first group
 * with which it has enough bands in common; time grows with the number of questions, not with its square.
 */
export function clustersOf(signs: readonly Sign[], least: number): Cluster[] {
  const byBand = new Map<string, number[]>()
  const groups: Sign[][] = []
  for (const sign of signs) {
    if (sign.fingerprint === null) continue
    const own = bandsOf(sign.fingerprint)
    const alike = new Map<number, number>()
    for (const band of own) {
      for (const group of byBand.get(band) ?? []) alike.set(group, (alike.get(group) ?? 0) + 1)
    }
    const [best = null, count = 0] = [...alike].toSorted(([, left], [, right]) => right - left)[0] ?? []
    const group = best !== null && count >= bandsAlike ? best : groups.push([]) - 1
    groups[group]?.push(sign)
    for (const band of own) {
      const there = byBand.get(band) ?? []
      if (!there.includes(group) && there.length < mostOfOneBand) there.push(group)
      byBand.set(band, there)
    }
  }
  return groups
    .map((group) => ({ signs: group, people: new Set(group.map(({ person }) => person)).size }))
    .filter(({ people }) => people >= least)
    .toSorted((left, right) => right.people - left.people || right.signs.length - left.signs.length)
}
