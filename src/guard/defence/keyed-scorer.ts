import type { Scores } from '../../core/verdict.ts'
import type { Passage, Scorer } from '../scores.ts'
import type { DeploymentSecret } from './deployment-secret.ts'

/** Scores in this band could have been brought down by trying: they are looked at again, a little changed. */
const band = { from: 0.2, to: 0.9 }
const variants = 3
/** Of a text with fewer words too little is left. */
const leastWords = 10
/** Of the words of a variant, the share that is left out. Which ones the secret decides. */
const leftOut = 0.25

/**
 * A scorer that looks at what is neither clear nor certain once more, without some of its words. An attack is a text
 * that is just below the threshold for its exact words: that some others are missing makes it lose its balance, and
 * which ones are missing differs from deployment to deployment.
 */
export function keyedScorer(scorer: Scorer, secret: DeploymentSecret): Scorer {
  return {
    name: scorer.name,
    async score(passage, turn): Promise<Scores> {
      const scores = await scorer.score(passage, turn)
      if (!isLookedAtAgain(passage, scores)) return scores
      let { harm } = scores
      let sum = 0
      for (let variant = 0; variant < variants; variant++) {
        const changed = await scorer.score(without(passage, secret, variant), turn)
        sum += changed.harm
        harm = Math.max(harm, changed.harm)
      }
      // One variant alone may be chance; that all together are graver is none.
      return { ...scores, harm: Math.max(scores.harm, (harm + sum / variants) / 2) }
    },
  }
}

/** Scores as high as any secret could make them. */
export function asStrictAsAnyKey(scorer: Scorer): Scorer {
  return {
    name: scorer.name,
    async score(passage, turn) {
      const scores = await scorer.score(passage, turn)
      return isLookedAtAgain(passage, scores) ? { ...scores, harm: 1 } : scores
    },
  }
}

/** Answers are judged many times over as they grow, and who attacks chooses questions: only these are. */
function isLookedAtAgain({ prompt, response }: Passage, { harm }: Scores): boolean {
  if (response !== null || harm < band.from || harm > band.to) return false
  return prompt.split(/\s+/, leastWords).length >= leastWords
}

function without({ prompt, response }: Passage, secret: DeploymentSecret, variant: number): Passage {
  const thin = (text: string) =>
    text
      .split(/(?<=\s)/)
      .filter((word, index) => secret.unit(`${variant} ${index % 7} ${word.trim().toLowerCase()}`) >= leftOut)
      .join('')
  return response === null ? { prompt: thin(prompt), response } : { prompt, response: thin(response) }
}
