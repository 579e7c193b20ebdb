import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../test/support/any-text.ts'
import { HmacKey } from './hmac.ts'

test('is what the runtime computes, for keys of every length and any text', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(anyText({ maxLength: 300 }), { maxLength: 4 }),
      (bytes, texts) => {
        const key = new HmacKey(bytes)
        for (const text of texts) {
          expect(key.of(text)).toEqual(createHmac('sha256', bytes).update(text).digest())
        }
      },
    ),
  )
})
