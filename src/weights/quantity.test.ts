import { expect, test } from 'vitest'
import { formatBytes } from './quantity.ts'

test.for([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1.00 kB'],
  [98_362_432, '98.4 MB'],
  [999_950, '1.00 MB'],
  [42_520_398_400, '42.5 GB'],
  [9_999_000_000_000_000, '9999 TB'],
] as const)('%d is %s', ([bytes, text]) => expect(formatBytes(bytes)).toBe(text))
