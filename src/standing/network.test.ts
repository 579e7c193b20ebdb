import { BlockList } from 'node:net'
import { array, assert, integer, ipV4, ipV6, oneof, pre, property, tuple } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { networkOf, NetworkTable, networkText, type Network } from './network.ts'

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4')
const plain = (text: string) => {
  const network = networkOf(text)
  return network === null ? null : networkText(network)
}

describe('a network', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7/32'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:1:2::9/128', '2001:db8:0:1:2::9/128'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.7/120', '192.0.2.0/24'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('%s is %s', (text, expected) => expect(plain(text)).toBe(expected))

  test.each([
    '',
    '1.2.3',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/8/9',
    '::1/129',
    'example.org',
    '1.2.3.4/-1',
    '01.2.3.4',
  ])('"%s" is none', (text) => expect(plain(text)).toBeNull())
})

describe('the table of networks', () => {
  test('finds what Node’s own list finds, for both families', () => {
    const network = oneof(
      tuple(ipV4(), integer({ min: 0, max: 32 })),
      tuple(ipV6(), integer({ min: 0, max: 128 })),
    )
    assert(
      property(array(network, { maxLength: 20 }), oneof(ipV4(), ipV6()), (networks, address) => {
        const table = new NetworkTable<string>()
        // One a family: Node takes IPv4 for a part of IPv6.
        const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
        for (const [base, length] of networks) {
          const parsed = networkOf(`${base}/${length}`)
          if (parsed === null || base.toLowerCase().startsWith('::ffff:')) continue
          table.set(parsed, networkText(parsed))
          lists[familyOf(base)].addSubnet(base, length, familyOf(base))
        }
        const found = [...table.holding(address)].length > 0
        const mapped = networkOf(`${address}/128`)?.family === 4
        pre(!mapped)
        expect(found).toBe(lists[familyOf(address)].check(address, familyOf(address)))
      }),
      { numRuns: 300 },
    )
  })

  test('forgets what is deleted', () => {
    const table = new NetworkTable<number>()
    const network = networkOf('10.0.0.0/8') as Network
    table.set(network, 1)
    expect([...table.holding('10.1.2.3')]).toEqual([1])
    table.delete(network)
    expect([...table.holding('10.1.2.3')]).toEqual([])
    expect([...table.holding('no address')]).toEqual([])
  })
})
