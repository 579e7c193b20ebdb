import { createHash } from 'node:crypto'
import { RecentMap } from '../../core/recent-map.ts'
import type { Policy } from '../policy/policy.ts'
import type { Judgement, Sample } from './judgement.ts'

const mostKnown = 4096

/**
 * What was judged lately is not judged again: system prompts and earlier turns come with every request. Of texts only
 * digests are kept, and what could not be judged is not.
 */
export class KnownJudgements {
  readonly #known = new RecentMap<string, Promise<Judgement>>(mostKnown)

  /**
   * @param scope whose texts these are: others could tell from how fast an answer begins what was judged before
   * @param judge judges a text that is not known
   */
  async of(
    scope: string,
    sample: Sample,
    policies: readonly Policy[],
    judge: () => Promise<Judgement>,
  ): Promise<Judgement> {
    const key = keyOf(scope, sample, policies)
    const known = this.#known.use(key)
    if (known !== undefined) return await known
    const judging = judge()
    this.#known.set(key, judging)
    const judgement = await judging.catch((error: unknown) => {
      this.#known.delete(key)
      throw error
    })
    if (judgement.outcome === 'unavailable') this.#known.delete(key)
    return judgement
  }
}

/** All that a judgement of a whole text depends on. */
function keyOf(scope: string, sample: Sample, policies: readonly Policy[]): string {
  const { text, direction, asPassage, final, from } = sample
  const { rulesOnly = false, calm = false, thorough = false } = sample
  const versions = policies.map(({ version }) => version)
  const how = [scope, versions, direction, asPassage(''), final, from, rulesOnly, calm, thorough]
  return createHash('sha256').update(JSON.stringify(how)).update('\0').update(text).digest('base64')
}
