import { isDeepStrictEqual } from 'node:util'
import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ElpisError } from '../errors.ts'
import { formatReference, parseReference, type Reference } from './reference.ts'

const names = ['smollm2:135m', 'smollm2:360m', 'qwen3:4b']
const parse = (text: string) => parseReference(text, names)

describe('right forms', () => {
  test.for([
    ['smollm2:135m', { kind: 'catalogue', name: 'smollm2:135m' }],
    ['hf:org/repo/m.gguf', { kind: 'hub', repository: 'org/repo', path: 'm.gguf', revision: null }],
    [
      'hf:org/repo/Q4/m.gguf@v1.0',
      { kind: 'hub', repository: 'org/repo', path: 'Q4/m.gguf', revision: 'v1.0' },
    ],
    ['https://example.org/a/m.gguf', { kind: 'url', url: 'https://example.org/a/m.gguf' }],
    ['http://127.0.0.1:8080/m.gguf', { kind: 'url', url: 'http://127.0.0.1:8080/m.gguf' }],
    ['http://localhost/m.gguf', { kind: 'url', url: 'http://localhost/m.gguf' }],
    ['http://[::1]/m.gguf', { kind: 'url', url: 'http://[::1]/m.gguf' }],
    ['file:/srv/ä b.gguf', { kind: 'file', path: '/srv/ä b.gguf' }],
    ['file:///srv/m.gguf', { kind: 'file', path: '/srv/m.gguf' }],
    ['pypi:p-k.g@1.0.2/a/m.gguf', { kind: 'pypi', package: 'p-k.g', version: '1.0.2', path: 'a/m.gguf' }],
  ] as const)('%s', ([text, expected]) => {
    expect(parse(text)).toEqual(expected)
    expect(parse(formatReference(parse(text)))).toEqual(expected)
  })

  test('an address of the hub is taken for what it means', () => {
    const address = 'https://huggingface.co/Qwen/Qwen3-8B-GGUF/blob/main/Qwen3-8B-Q4_K_M.gguf'
    expect(formatReference(parse(address))).toBe('hf:Qwen/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M.gguf@main')
  })

  test('the query of an address is used, but never shown or kept', () => {
    const reference = parse('https://example.org/m.gguf?token=secret')
    expect(reference).toMatchObject({ url: 'https://example.org/m.gguf?token=secret' })
    expect(formatReference(reference)).toBe('https://example.org/m.gguf')
  })
})

test.for([
  '',
  '../../etc/passwd',
  'smollm2',
  'hf:org/repo',
  'hf:org/../m.gguf',
  'hf:../repo/m.gguf',
  'hf:org/repo/../../m.gguf',
  'hf:org/repo//m.gguf',
  'hf:org/repo/.m.gguf',
  'hf:org/repo/a\\b.gguf',
  'hf:org/repo/m.gguf\0.gguf',
  'hf:org/repo/m%2f..%2f.gguf',
  'hf:org/repo/m.gguf@../../main',
  'hf:org/repo/m.gguf@a@b',
  'hf:org/repo/m.safetensors',
  'hf:org/repo/аpple.gguf', // Cyrillic а
  'hf:org/repo/m\u202Efugg.gguf',
  `hf:org/repo/${'a'.repeat(300)}.gguf`,
  `hf:org/repo/${'a/'.repeat(2000)}m.gguf`,
  '-m.gguf',
  'http://example.org/m.gguf',
  'http://127.0.0.1.example.org/m.gguf',
  'http://localhost.example.org/m.gguf',
  'https://user:password@example.org/m.gguf',
  'https://example.org/%2e%2e%2fm.gguf/..%2f..%2fx.gguf',
  'https://example.org/m.gguf%00',
  'https://example.org/',
  'ftp://example.org/m.gguf',
  'javascript://x/m.gguf',
  'data:x/m.gguf',
  'file:/srv/m\n.gguf',
  'file:/srv/passwd',
  'file://elsewhere/srv/m.gguf',
  'pypi:--index-url=x@1/m.gguf',
  'pypi:p@1/../m.gguf',
  'pypi:p@/m.gguf',
  'pypi:p@1 --pre/m.gguf',
])('%j is refused with the way to write it', (text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'reference_invalid', exit: 2 }))
})

test('a mistyped name gets a guess, a family its members', () => {
  const hint = (text: string) => {
    try {
      parse(text)
    } catch (error) {
      return (error as ElpisError).hint
    }
    throw new Error('It was expected to fail.')
  }
  expect(hint('smolm2:135m')).toContain('smollm2:135m?')
  expect(hint('smollm2')).toContain('smollm2:135m, smollm2:360m')
})

/** What parsing comes to: a reference, or the code of the error. */
function parsed(text: string): Reference | string {
  try {
    return parse(text)
  } catch (error) {
    return error instanceof ElpisError ? error.code : `no error of ours: ${String(error)}`
  }
}

test('whatever is typed is either refused or names a path without a way out', () => {
  const pieces = [
    'hf:',
    'pypi:',
    'https://h/',
    'a',
    '/',
    '..',
    '.',
    '@',
    '\\',
    '\0',
    '%2e',
    ':',
    '.gguf',
    '\u202E',
  ]
  const text = array(constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''))
  const plain = /^[A-Za-z0-9_][A-Za-z0-9._+()=, -]*$/
  assert(
    property(text, (typed) => {
      const reference = parsed(typed)
      if (typeof reference === 'string') return reference === 'reference_invalid'
      const path = 'path' in reference && reference.kind !== 'file' ? reference.path : 'none'
      const again = parsed(formatReference(reference))
      return path.split('/').every((segment) => plain.test(segment)) && isDeepStrictEqual(again, reference)
    }),
    { numRuns: 2_000 },
  )
})
