import type { Contents } from '../audit/contents.ts'
import type { SubjectName } from '../audit/store.ts'
import type { StandingParts } from '../standing/create-standing.ts'

/** What is done with what people said once the two-person rule is satisfied. */
export function contentDeeds(
  contents: Pick<Contents, 'mustKnow' | 'erase'>,
): NonNullable<StandingParts['deeds']> {
  return {
    'content-erase': {
      check: (subject) => contents.mustKnow(subject as SubjectName),
      carryOut: ({ subject }, by) => contents.erase(subject as SubjectName, by),
    },
    // Whoever asked fetches it, and says where to.
    'content-export': { carryOut: async () => {} },
  }
}
