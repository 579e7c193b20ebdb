import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CompressedFile } from './compressed.ts'

const text = Buffer.from('const answer = 42;\n'.repeat(500))

describe('a file of the page', () => {
  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.0', null],
    ['identity', null],
    ['', null],
    [undefined, null],
  ])('for "%s" is encoded as %s', async (accept, wanted) => {
    const { content, encoding } = await new CompressedFile(text, true).for(accept)
    expect(encoding).toBe(wanted)
    const decoded =
      encoding === 'br' ? brotliDecompressSync(content) : encoding === 'gzip' ? gunzipSync(content) : content
    expect(decoded.equals(text)).toBe(true)
    expect(content.length < text.length).toBe(wanted !== null)
  })

  test('small ones and pictures are left as they are', async () => {
    expect((await new CompressedFile(text.subarray(0, 100), true).for('gzip')).encoding).toBeNull()
    expect((await new CompressedFile(text, false).for('gzip')).encoding).toBeNull()
  })
})
