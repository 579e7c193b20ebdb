import { describe, expect, test } from 'vitest'
import type { KeyId } from '../core/ids.ts'
import type { KeyInfo } from './access.ts'
import { keyNamed, validName } from './key-names.ts'
import { storedKey } from '../../test/support/stored.ts'

describe('names', () => {
  test('are kept as they are, trimmed', () => {
    expect(validName(" Ann's laptop <b>✓ 🗝 ")).toBe("Ann's laptop <b>✓ 🗝")
    expect(validName('x'.repeat(100))).toHaveLength(100)
  })

  test.each(['', ' \t ', 'a\nb', 'a\x1B[31mb', 'a\u202Eb', 'a\u200Bb', 'a\0', '\uD800', 'x'.repeat(101)])(
    '%j is refused',
    (name) => {
      expect(() => validName(name)).toThrow(expect.objectContaining({ code: 'key_name_invalid' }))
    },
  )
})

describe('which key is meant', () => {
  const key = (id: string, name: string, prefix: string, revokedAt: number | null = null): KeyInfo => {
    return { ...storedKey(name), id: id as KeyId, prefix, revokedAt }
  }
  const keys = [
    key('key_1', 'laptop', 'elpis-aaaa'),
    key('key_2', 'ci', 'elpis-bbbb'),
    key('key_3', 'ci', 'elpis-cccc'),
    key('key_4', 'old', 'elpis-dddd', 5),
    // Whoever names a key after another's id gains nothing by it.
    key('key_5', 'key_2', 'elpis-aaaa'),
  ]

  test.each([
    ['key_1', 'key_1'],
    ['laptop', 'key_1'],
    ['elpis-bbbb', 'key_2'],
    ['key_2', 'key_2'],
  ])('%s is %s', (which, id) => {
    expect(keyNamed(which, keys).id).toBe(id)
  })

  test('a name or prefix that several have is asked back about, with their ids', () => {
    expect(() => keyNamed('ci', keys)).toThrow('key_2, key_3')
    expect(() => keyNamed('elpis-aaaa', keys)).toThrow('key_1, key_5')
  })

  test.each(['old', 'key_4', 'nobody', '', 'LAPTOP', 'elpis-'])('%j is nobody', (which) => {
    expect(() => keyNamed(which, keys)).toThrow(expect.objectContaining({ code: 'key_not_found' }))
  })

  test('a whole key that was typed here is not repeated', () => {
    const secret = `elpis-${'s'.repeat(49)}`
    expect(() => keyNamed(secret, keys)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('sss') }),
    )
  })
})
