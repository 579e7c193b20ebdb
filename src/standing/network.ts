/** Networks as numbers, so that the longest of 100,000 that holds an address is found within a microsecond or two. */
import { isIP, SocketAddress } from 'node:net'

/** The first `length` bits of `address`. IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4. */
export interface Network {
  readonly family: 4 | 6
  /** All 32 or 128 bits; those beyond `length` are 0. */
  readonly bits: bigint
  readonly length: number
}

/** What an IPv6 address stands for when no length is given. */
const wholeSite = 64

/** An address or a CIDR; null when `text` is neither. */
export function networkOf(text: string): Network | null {
  const [address = '', lengthText, more] = text.trim().split('/')
  const parsed = addressOf(address)
  if (parsed === null || more !== undefined) return null
  const { family, bits, mapped } = parsed
  const all = family === 4 ? 32 : 128
  if (lengthText === undefined) return cut(family, bits, family === 4 ? 32 : wholeSite)
  if (!/^\d{1,3}$/.test(lengthText)) return null
  const length = Number(lengthText) - (mapped ? 96 : 0)
  return length < 0 || length > all ? null : cut(family, bits, length)
}

/** `192.0.2.0/24`, `2001:db8::/32`: one text for one network. */
export function networkText({ family, bits, length }: Network): string {
  if (family === 4) {
    const bytes = [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n))
    return `${bytes.join('.')}/${length}`
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' })
  return `${address}/${length}`
}

/** An address as a number; null when `text` is none. A zone (`%eth0`) is left out. */
export function addressOf(text: string): { family: 4 | 6; bits: bigint; mapped: boolean } | null {
  const bare = text.replace(/%.*$/, '')
  const version = isIP(bare)
  if (version === 0) return null
  if (version === 4) return { family: 4, bits: BigInt(ofDotted(bare)), mapped: false }
  const bits = ofGroups(bare)
  if (bits >> 32n === 0xffffn) return { family: 4, bits: bits & 0xffff_ffffn, mapped: true }
  return { family: 6, bits, mapped: false }
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

function cut(family: 4 | 6, bits: bigint, length: number): Network {
  const rest = BigInt((family === 4 ? 32 : 128) - length)
  return { family, bits: (bits >> rest) << rest, length }
}

/** Things kept by network; the one with the longest prefix that holds an address is found first. */
export class NetworkTable<Value> {
  /** Per family and length, those with values; lengths that nobody uses cost nothing. */
  readonly #byLength = { 4: new Map<number, Map<bigint, Value>>(), 6: new Map<number, Map<bigint, Value>>() }

  get(network: Network): Value | undefined {
    return this.#byLength[network.family].get(network.length)?.get(network.bits)
  }

  set({ family, bits, length }: Network, value: Value): void {
    const lengths = this.#byLength[family]
    const networks = lengths.get(length) ?? new Map<bigint, Value>()
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
      const value = networks.get(cut(parsed.family, parsed.bits, length).bits)
      if (value !== undefined) yield value
    }
  }
}
