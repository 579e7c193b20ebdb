import { createHmac } from 'node:crypto'
import { networkOf, networkText } from './network.ts'

/** What can tell that two are the same: none of it is kept but as a keyed hash. */
export const markKinds = ['network', 'email', 'payment', 'device', 'prompt'] as const
export type MarkKind = (typeof markKinds)[number]

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

  /** @param value as it came; what is written in two ways for one thing comes out as one */
  mark(kind: MarkKind, value: string): string {
    if (kind === 'network') return this.network(value)
    return this.#of(kind, kind === 'email' ? plainAddress(value) : value.trim().normalize('NFC'))
  }

  #of(kind: string, value: string): string {
    return createHmac('sha256', this.#secret).update(`${kind}:${value}`).digest('hex').slice(0, 24)
  }
}

/** The mailbox behind an address: without what may be added after a "+" (RFC 5233), and at Google without dots. */
function plainAddress(text: string): string {
  const address = text.trim().normalize('NFC').toLowerCase()
  const at = address.lastIndexOf('@')
  const [mailbox = ''] = address.slice(0, Math.max(0, at)).split('+')
  const domain = address.slice(at + 1).replace(/^googlemail\.com$/, 'gmail.com')
  return `${domain === 'gmail.com' ? mailbox.replaceAll('.', '') : mailbox}@${domain}`
}
