import { createHash } from 'node:crypto'
import type { Policy } from '../policy/policy.ts'
import type { Judgement, Sample } from './judgement.ts'

const mostKnown = 4096

/**
 * What was judged lately is not judged again: system prompts and earlier turns come with every request. Of texts only
 * digests are kept, and what could not be judged is not.
 */
export class KnownJudgements {
  /** The least recently used first. */
  readonly #known = new Map<string, Promise<Judgement>>()

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
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#known.delete(key)
      this.#known.set(key, known)
      return await known
    }
    const judging = judge()
    this.#known.set(key, judging)
    if (this.#known.size > mostKnown) this.#forgetOldest()
    const judgement = await judging.catch((error: unknown) => {
      this.#known.delete(key)
      throw error
    })
    if (judgement.outcome === 'unavailable') this.#known.delete(key)
    return judgement
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}

/** All that a judgement of a whole text depends on. */
function keyOf(scope: string, sample: Sample, policies: readonly Policy[]): string {
  const { text, direction, asPassage, final, from, rulesOnly, calm, thorough } = sample
  const versions = policies.map(({ version }) => version)
  const how = [scope, versions, direction, asPassage(''), final, from, rulesOnly, calm, thorough]
  return createHash('sha256').update(JSON.stringify(how)).update('\0').update(text).digest('base64')
}
