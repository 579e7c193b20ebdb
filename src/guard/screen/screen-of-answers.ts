import type { Scorer } from '../scores.ts'
import type { Screen } from './screen.ts'

/** Both of its heads must find an answer suspicious: each by itself is so of much that is plain. */
export function screenOfAnswers(screen: Screen): Scorer {
  return {
    name: screen.name,
    score(passage) {
      const scores = screen.score(passage)
      if (passage.response === null) return scores
      const { harm } = screen.score({ prompt: passage.response, response: null })
      return { ...scores, harm: Math.min(scores.harm, harm) }
    },
  }
}
