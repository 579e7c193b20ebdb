import { createHmac } from 'node:crypto'
import { networkOf, networkText } from './network.ts'

/** Keyed hashes of what tells people apart: enough to see that two are the same, and nothing more. */
export class Blur {
  readonly #secret: string

  /** @param secret the same for all replicas */
  constructor(secret: string) {
    this.#secret = secret
  }

  /** Of the network that an address is in: of IPv6 the /64, which is one line of one customer. */
  network(address: string): string {
    const network = networkOf(address)
    return this.#of('network', network === null ? address : networkText(network))
  }

  #of(kind: string, value: string): string {
    return createHmac('sha256', this.#secret).update(`${kind}:${value}`).digest('hex').slice(0, 24)
  }
}
