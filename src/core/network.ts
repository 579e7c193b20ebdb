/** Addresses and networks (CIDR) as they are compared: IPv4 inside IPv6 (`::ffff:1.2.3.4`) is IPv4. */
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net'

/** The one way in which an address is written here; null when `text` is none. A zone (`%eth0`) is left out. */
export function plainAddress(text: string): string | null {
  const bare = text.trim().replace(/%.*$/, '')
  if (isIPv4(bare)) return bare
  if (isIP(bare) === 0) return null
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' })
  const [, dotted] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? []
  return dotted ?? address
}

/** One network in plain form, such as `10.0.0.0/8`; an address alone is the network of itself. Null when it is none. */
export function plainNetwork(text: string): string | null {
  const [address = '', length, more] = text.trim().split('/')
  const plain = plainAddress(address)
  if (plain === null || more !== undefined) return null
  const whole = isIPv4(plain) ? 32 : 128
  if (length === undefined) return `${plain}/${whole}`
  if (!/^\d{1,3}$/.test(length)) return null
  // A mapped network is written with the length of IPv6.
  const bits = Number(length) - (isIPv4(plain) && address.includes(':') ? 96 : 0)
  return bits < 0 || bits > whole ? null : `${plain}/${bits}`
}

/** Some networks, to be asked. */
export class Networks {
  readonly #list = new BlockList()

  /** @param networks as `plainNetwork` has them; what is none matches nothing */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', length] = (plainNetwork(network) ?? '').split('/')
      if (address !== '') this.#list.addSubnet(address, Number(length), familyOf(address))
    }
  }

  has(address: string): boolean {
    const plain = plainAddress(address)
    return plain !== null && this.#list.check(plain, familyOf(plain))
  }
}

/** Whether all of the network `inner` lies in the network `outer`. */
export function liesWithin(inner: string, outer: string): boolean {
  const [address = '', length = '0'] = (plainNetwork(inner) ?? '').split('/')
  const [, most = '129'] = (plainNetwork(outer) ?? '').split('/')
  return Number(length) >= Number(most) && new Networks([outer]).has(address)
}

/**
 * The address that a request comes from. Each proxy that is trusted vouches for the one address that it wrote last; what
 * stands before the first that is not is anybody's invention.
 *
 * @param peer of the connection itself; undefined for a socket that has none
 * @param forwarded the value of `X-Forwarded-For`, all of them joined by commas
 */
export function clientAddress(
  peer: string | undefined,
  forwarded: string | undefined,
  trusted: Networks,
): string | null {
  let address = plainAddress(peer ?? '')
  const hops = (forwarded ?? '').split(',')
  while (address !== null && trusted.has(address)) {
    const next = plainAddress(withoutPort(hops.pop() ?? ''))
    if (next === null) break
    address = next
  }
  return address
}

/** Some proxies write the port of the client as well: `1.2.3.4:5555`, `[2001:db8::1]:5555`. */
function withoutPort(hop: string): string {
  const [, bracketed, dotted] = /^\s*(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)\s*$/.exec(hop) ?? []
  return bracketed ?? dotted ?? hop
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}
