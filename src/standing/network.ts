/** Networks as numbers, so that the longest of 100,000 that holds an address is found within a microsecond or two. */
import { isIP, SocketAddress } from 'node:net'

/** IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4. */
export type Address =
  | { readonly family: 4; /** All 32. */ readonly bits: number }
  | { readonly family: 6; /** All 128. */ readonly bits: bigint }

/** The first `length` bits of an address; those beyond are 0. */
export type Network = Address & { readonly length: number }

/** What an IPv6 address stands for when no length is given. */
const wholeSite = 64

/** An address or a CIDR; null when `text` is neither. */
export function networkOf(text: string): Network | null {
  const [address = '', lengthText, more] = text.trim().split('/')
  const parsed = addressOf(address)
  if (parsed === null || more !== undefined) return null
  const v4 = parsed.family === 4
  if (lengthText === undefined) return cut(parsed, v4 ? 32 : wholeSite)
  if (!/^\d{1,3}$/.test(lengthText)) return null
  // A mapped network is written with the length of IPv6.
  const length = Number(lengthText) - (v4 && address.includes(':') ? 96 : 0)
  return length < 0 || length > (v4 ? 32 : 128) ? null : cut(parsed, length)
}

/** `192.0.2.0/24`, `2001:db8::/32`: one text for one network. */
export function networkText({ family, bits, length }: Network): string {
  if (family === 4) {
    const bytes = [24, 16, 8, 0].map((shift) => String((bits >>> shift) & 255))
    return `${bytes.join('.')}/${length}`
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' })
  return `${address}/${length}`
}

/** An address as a number; null when `text` is none. A zone (`%eth0`) is left out. */
export function addressOf(text: string): Address | null {
  const bare = text.replace(/%.*$/, '')
  const version = isIP(bare)
  if (version === 0) return null
  if (version === 4) return { family: 4, bits: ofDotted(bare) }
  const bits = ofGroups(bare)
  if (bits >> 32n === 0xffffn) return { family: 4, bits: Number(bits & 0xffff_ffffn) }
  return { family: 6, bits }
}

function ofDotted(text: string): number {
  return text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
}

function ofGroups(text: string): bigint {
  // `::ffff:192.0.2.1` ends in two groups that are written as IPv4.
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1]
  const plain =
    dotted === undefined
      ? text
      : text.slice(0, -dotted.length) +
        [ofDotted(dotted) >>> 16, ofDotted(dotted) & 0xffff].map((group) => group.toString(16)).join(':')
  const [front = '', back] = plain.split('::')
  const head = front === '' ? [] : front.split(':')
  const tail = back === undefined || back === '' ? [] : back.split(':')
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(Number.parseInt(group, 16)), 0n)
}

function cut(address: Address, length: number): Network {
  if (address.family === 4) {
    const size = 2 ** (32 - length)
    return { family: 4, bits: address.bits - (address.bits % size), length }
  }
  const rest = BigInt(128 - length)
  return { family: 6, bits: (address.bits >> rest) << rest, length }
}

/** Whether an address lies in a network. */
export function isWithin(address: Address, network: Network): boolean {
  return address.family === network.family && cut(address, network.length).bits === network.bits
}

/** Things kept by network; the one with the longest prefix that holds an address is found first. */
export class NetworkTable<Value> {
  /** Per family and length, those with values; lengths that nobody uses cost nothing. */
  readonly #byLength = {
    4: new Map<number, Map<Network['bits'], Value>>(),
    6: new Map<number, Map<Network['bits'], Value>>(),
  }

  get(network: Network): Value | undefined {
    return this.#byLength[network.family].get(network.length)?.get(network.bits)
  }

  set({ family, bits, length }: Network, value: Value): void {
    const lengths = this.#byLength[family]
    const networks = lengths.get(length) ?? new Map<Network['bits'], Value>()
    lengths.set(length, networks)
    networks.set(bits, value)
  }

  delete({ family, bits, length }: Network): void {
    const networks = this.#byLength[family].get(length)
    networks?.delete(bits)
    if (networks?.size === 0) this.#byLength[family].delete(length)
  }

  /** What is kept for networks that hold this address. */
  *holding(address: string): Generator<Value> {
    const parsed = addressOf(address)
    if (parsed === null) return
    for (const [length, networks] of this.#byLength[parsed.family]) {
      const value = networks.get(cut(parsed, length).bits)
      if (value !== undefined) yield value
    }
  }
}
