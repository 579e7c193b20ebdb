import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorTime } from '../../../test/support/processor-time.ts'
import type { Detector } from './finding.ts'
import { keywords } from './keywords.ts'
import { patternDetector } from './pattern.ts'
import { personalData } from './personal-data.ts'
import { secrets } from './secrets.ts'

const found = (detector: Detector, text: string, final = true) =>
  [...detector.find(text, final)].map(({ start, end }) => text.slice(start, end))
const anyOf = (detectors: readonly Detector[], text: string) =>
  detectors.flatMap((detector) => found(detector, text).map((what) => `${detector.name}: ${what}`))

describe('keywords', () => {
  const words = keywords('words', ['zanzibar protocol', 'therapist', 'квант'])
  test.each([
    ['Zanzibar Protocol', true],
    ['the zanzibar-protocol.', true],
    ['zanzibarprotocol', true],
    ['z a n z i b a r  p r o t o c o l', true],
    ['z4nz1bar pr0t0c0l', true],
    ['Ｚanzіbar prоtocol', true],
    ['zan\u200bzibar pro\u200dtocol', true],
    ['Z.A.N.Z.I.B.A.R. P.R.O.T.O.C.O.L.', true],
    ['my therapist said', true],
    ['the rapist', false],
    ['therapists', false],
    ['zanzibar and then, much later, a protocol', false],
    ['Квант', true],
  ])('%s: %s', (text, is) => expect(found(words, text).length > 0).toBe(is))

  test('what can become a phrase is held from its beginning; what cannot is not', () => {
    expect(words.openFrom('so the zanzi')).toBe(7)
    expect(words.openFrom('so the zanzibar ')).toBe(7)
    expect(words.openFrom('so the zebra')).toBe(12)
    expect(words.openFrom('bazan')).toBe(5)
  })
})

describe('personal data', () => {
  test.each([
    ['Write to ada@example.org today', ['e-mail: ada@example.org']],
    ['DE89 3704 0044 0532 0130 00 is it', ['IBAN: DE89 3704 0044 0532 0130 00']],
    ['GB29NWBK60161331926819', ['IBAN: GB29NWBK60161331926819']],
    ['DE88 3704 0044 0532 0130 00', []],
    ['4111 1111 1111 1111', ['card: 4111 1111 1111 1111']],
    ['4111 1111 1111 1112', []],
    ['call +49 30 123456-78', ['phone: +49 30 123456-78']],
    ['(212) 555-0142', ['phone: (212) 555-0142']],
    ['SSN 219-09-9999', ['social security number: 219-09-9999']],
    ['000-12-3456', []],
    ['529.982.247-25', ['CPF: 529.982.247-25']],
    ['12345678Z', ['DNI: 12345678Z']],
    ['1 84 12 76 451 089 46', ['NIR: 1 84 12 76 451 089 46']],
    ['2026-11-27 10:30:00, version 1.2.3, 3.14159265358979', []],
    ['In 1984 about 12,345,678 people', []],
  ])('%s', (text, all) => expect(anyOf(personalData, text)).toEqual(all))
})

describe('secrets', () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEA\n'.repeat(8)}-----END RSA PRIVATE KEY-----`
  test.each([
    [`id AKIA${'ABCDEFGH'.repeat(2)} here`, 1],
    [`ghp_${'a1B2'.repeat(9)}`, 1],
    [`sk-ant-${'a1B2'.repeat(9)}`, 1],
    [`before ${key} after`, 1],
    ['a word-with-dashes and sk-8 boards', 0],
  ])('%s', (text, count) => expect(anyOf(secrets, text)).toHaveLength(count))

  test('a key without its end goes to the end of the text', () => {
    const text = 'x -----BEGIN PRIVATE KEY-----\nMIIE'
    expect(anyOf(secrets, text)).toEqual([`private key: ${text.slice(2)}`])
    expect(secrets[0]?.openFrom(text)).toBe(2)
    expect(secrets[0]?.openFrom('x -----BEG')).toBe(2)
  })
})

describe('patterns', () => {
  test('run in linear time', () => {
    const evil = patternDetector('evil', { pattern: '(a+)+$', literal: null, longest: 80 })
    expect(processorTime(() => found(evil, `${'a'.repeat(5000)}b`))).toBeLessThan(3000)
  })
  test('that are none are refused', () => {
    expect(() => patternDetector('bad', { pattern: '(', literal: null, longest: 80 })).toThrow(SyntaxError)
  })
})

describe('every detector', () => {
  const samples = [
    'so zanzibar protocol it is',
    'ask ada@example.org now',
    'pay DE89 3704 0044 0532 0130 00 now',
    'pay 4111 1111 1111 1111 now',
    'ring +49 30 123456-78 now',
    `key ghp_${'a1B2'.repeat(9)} end`,
    'x -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- y',
    'z.a.n.z.i.b.a.r protocol, no',
  ]
  const all = [...personalData, ...secrets, keywords('words', ['zanzibar protocol'])]

  test('holds back what it finds, wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(80), (text, at) => {
        const cut = Math.min(at, text.length)
        const lost = all.filter((detector) =>
          [...detector.find(text, true)].some(
            ({ start, end }) => start < cut && cut < end && detector.openFrom(text.slice(0, cut)) > start,
          ),
        )
        expect(lost.map(({ name }) => name)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
