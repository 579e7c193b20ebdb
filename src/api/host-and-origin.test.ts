import { assert, constantFrom, domain, ipV4, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostAllowed, originKind } from './host-and-origin.ts'

const local = { bind: '127.0.0.1', allowedHosts: [] }

describe('the host check', () => {
  test('lets no foreign name in, wherever a local one stands in it', () => {
    assert(
      property(
        domain(),
        constantFrom('', 'localhost.', '127.0.0.1.', 'localhost@'),
        nat(70_000),
        (name, front, port) => {
          for (const host of [`${front}${name}`, `${front}${name}:${port}`, `${name}.localhost.${name}`]) {
            expect(hostAllowed(host, local)).toBe(false)
            expect(hostAllowed(host, { bind: '0.0.0.0', allowedHosts: [] })).toBe(false)
          }
        },
      ),
    )
  })

  test('lets any address in when all are bound, and only its own otherwise', () => {
    assert(
      property(ipV4(), (address) => {
        expect(hostAllowed(`${address}:80`, { bind: '0.0.0.0', allowedHosts: [] })).toBe(true)
        expect(hostAllowed(address, { bind: address, allowedHosts: [] })).toBe(true)
        expect(hostAllowed(address, local)).toBe(address === '127.0.0.1')
      }),
    )
    expect(hostAllowed('[2001:db8::1]:80', { bind: '::', allowedHosts: [] })).toBe(true)
    expect(hostAllowed('[2001:db8::1]:80', { bind: '2001:db8::1', allowedHosts: [] })).toBe(true)
  })
})

describe('the origin check', () => {
  test('knows our own page by scheme, host and port', () => {
    const kind = (origin: string | undefined) => originKind(origin, 'localhost:4141', ['https://app.example'])
    expect(kind(undefined)).toBe('none')
    expect(kind('http://localhost:4141')).toBe('same')
    expect(kind('https://LOCALHOST:4141')).toBe('same')
    expect(kind('https://app.example')).toBe('allowed')
    const others = [
      'null',
      '',
      'http://localhost',
      'http://localhost:3000',
      'http://localhost:4141.evil.example',
    ]
    for (const origin of [
      ...others,
      'https://app.example.evil',
      'http://app.example',
      'file://localhost:4141',
    ]) {
      expect([origin, kind(origin)]).toEqual([origin, 'foreign'])
    }
    expect(originKind('http://undefined', undefined, [])).toBe('foreign')
  })
})
