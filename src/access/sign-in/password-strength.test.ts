import { describe, expect, test } from 'vitest'
import { weaknessOf } from './password-strength.ts'

describe('a password', () => {
  test.each([
    'short',
    'ninechars',
    'password123!',
    'P@ssw0rd2024',
    'aaaaaaaaaaaa',
    'abababababab',
    'qwertyuiop12',
    '1234567890ab',
    'abcdefghijkl',
    'lkjhgfdsapoiuytrewq',
    'iloveyou1234',
    'hellohello99',
    'Sunshine2024!',
    'ann@example.org',
    'x'.repeat(300),
  ])('%j is refused', (weak) => {
    expect(weaknessOf(weak, ['Ann Example', 'ann@example.org'])).not.toBeNull()
  })

  test.each([
    'plum kettle orbit fjord',
    'Vq8#ztL0pw!m',
    'правильная лошадь батарея',
    '我爱吃新鲜的苹果和香蕉',
    'ann likes her kettles warm',
  ])('%j is fine', (strong) => {
    expect(weaknessOf(strong, ['Ann Example', 'ann@example.org'])).toBeNull()
  })
})
