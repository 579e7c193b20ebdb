import { describe, expect, test } from 'vitest'
import { clientAddress, liesWithin, Networks, plainAddress, plainNetwork } from './network.ts'

describe('an address', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7F00:1', '127.0.0.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', null],
    ['0177.0.0.1', null],
    ['2130706433', null],
    ['1.2.3.4:80', null],
    ['localhost', null],
    ['unknown', null],
  ])('%s is %s', (text, plain) => {
    expect(plainAddress(text)).toBe(plain)
  })
})

describe('a network', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:10.0.0.0/8', null],
    ['10.0.0.0/33', null],
    ['10.0.0.0/8/8', null],
    ['10.0.0.0/-1', null],
    ['anywhere', null],
  ])('%s is %s', (text, plain) => {
    expect(plainNetwork(text)).toBe(plain)
  })

  test('has the addresses in it, also those that are written as IPv6', () => {
    const networks = new Networks(['10.0.0.0/8', '2001:db8::/32'])
    for (const address of ['10.255.0.1', '::ffff:10.0.0.1', '2001:db8:1::1', '2001:db8::1%lo'])
      expect(networks.has(address)).toBe(true)
    for (const address of ['11.0.0.1', '::ffff:11.0.0.1', '2001:db9::1', '::10.0.0.1', 'x', ''])
      expect(networks.has(address)).toBe(false)
  })

  test('lies within another or not', () => {
    expect(liesWithin('10.1.0.0/16', '10.0.0.0/8')).toBe(true)
    expect(liesWithin('10.0.0.0/7', '10.0.0.0/8')).toBe(false)
    expect(liesWithin('11.0.0.0/16', '10.0.0.0/8')).toBe(false)
    expect(liesWithin('2001:db8:1::/48', '2001:db8::/32')).toBe(true)
  })
})

describe('the address of a client', () => {
  const trusted = new Networks(['10.0.0.0/8'])
  test.each([
    ['its own, where no proxy is trusted', '1.1.1.1', '2.2.2.2', '1.1.1.1'],
    ['what a trusted proxy says', '10.0.0.1', '2.2.2.2', '2.2.2.2'],
    ['the last that was not written by one', '10.0.0.1', '6.6.6.6, 2.2.2.2, 10.0.0.2', '2.2.2.2'],
    ['the proxy, when it says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['the proxy, when it says nonsense', '::ffff:10.0.0.1', '6.6.6.6, "', '10.0.0.1'],
    ['the outermost, when all are trusted', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['mapped IPv6 as IPv4', '::ffff:10.0.0.1', '::ffff:2.2.2.2', '2.2.2.2'],
    ['without its port', '10.0.0.1', '6.6.6.6, 2.2.2.2:5555', '2.2.2.2'],
    ['without its port, of IPv6', '10.0.0.1', '[2001:db8::1]:443, 10.0.0.2:80', '2001:db8::1'],
    ['without brackets', '10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['the proxy, when only its port is one', '10.0.0.1', '[no]:80', '10.0.0.1'],
    ['nothing, without one', undefined, '2.2.2.2', null],
  ])('is %s', (_case, peer, forwarded, address) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(address)
  })
})
