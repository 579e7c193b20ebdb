import type { EngineRequest } from '../../core/request.ts'
import { Affinity } from './affinity.ts'
import type { Replica } from './replica.ts'

/** A replica that knows the beginning is preferred until it has so many tokens more to do than the idlest one. */
const mostDetour = 4096

/** Chooses who answers: least work outstanding, but whoever has read the conversation's beginning comes first. */
export class ReplicaSet {
  readonly replicas: readonly Replica[]
  readonly #affinity = new Affinity<Replica>()
  #turn = 0

  constructor(replicas: readonly Replica[]) {
    this.replicas = replicas
  }

  /** Null when nobody can take it. `tried` ones are taken again only when there is no other. */
  choose(
    request: Pick<EngineRequest, 'input' | 'model' | 'share'>,
    tried: ReadonlySet<Replica>,
  ): Replica | null {
    const [only] = this.replicas
    if (this.replicas.length === 1 && only !== undefined) return only.available ? only : null
    const available = this.replicas.filter((replica) => replica.available)
    const fresh = available.filter((replica) => !tried.has(replica))
    const idlest = this.#idlest(fresh.length > 0 ? fresh : available)
    if (idlest === null) return null
    const prefixes = this.#affinity.prefixesOf(request)
    const known = this.#affinity.placeOf(prefixes)
    const detour = known !== undefined && known.available && !tried.has(known) ? known : idlest
    const chosen = detour.tokens <= idlest.tokens + mostDetour ? detour : idlest
    this.#affinity.remember(prefixes, chosen)
    return chosen
  }

  /** Equals take turns. */
  #idlest(replicas: readonly Replica[]): Replica | null {
    const first = this.#turn++ % Math.max(1, replicas.length)
    let best: Replica | null = null
    for (let index = 0; index < replicas.length; index++) {
      const replica = replicas[(first + index) % replicas.length]
      if (replica !== undefined && (best === null || replica.tokens < best.tokens)) best = replica
    }
    return best
  }
}
