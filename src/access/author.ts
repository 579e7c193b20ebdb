import type { Act } from '../core/acts.ts'
import { accountOf, type Principal } from '../core/principal.ts'

/** Who did it, as the transparency log names them: a key, a person, or whoever sits at the machine. */
export function authorOf(by: Principal | undefined): Act['by'] {
  return by === undefined ? 'owner' : accountOf(by)
}
