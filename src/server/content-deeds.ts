import type { Contents } from '../audit/contents.ts'
import type { SubjectName } from '../core/ids.ts'
import type { StandingParts } from '../standing/create-standing.ts'

/** What is done with what people said once the two-person rule is satisfied. */
export function contentDeeds(
  contents: Pick<Contents, 'mustKnow' | 'erase'>,
  /** Deletes from the disk what nobody has any more. */
  sweepKept: () => Promise<void>,
): NonNullable<StandingParts['deeds']> {
  return {
    'content-erase': {
      check: (subject) => contents.mustKnow(subject as SubjectName),
      async carryOut({ subject }, by) {
        await contents.erase(subject as SubjectName, by)
        await sweepKept()
      },
    },
    // Whoever asked fetches it, and says where to.
    'content-export': { carryOut: async () => {} },
  }
}
