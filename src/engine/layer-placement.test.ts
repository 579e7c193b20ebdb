import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { layersThatFit } from './layer-placement.ts'

const GiB = 1024 ** 3
const sizes = { layers: Array.from({ length: 32 }, () => GiB / 4), output: GiB / 2, compute: GiB / 4 }

test.each([
  ['a device that has room for all', [16 * GiB], 33],
  ['a device that has room for half', [5 * GiB], 15],
  ['a device that has room for nothing', [GiB], 0],
  ['no device', [], 0],
  ['two devices that have room together', [6 * GiB, 6 * GiB], 33],
  ['two devices of which one is full', [5 * GiB, GiB / 8], 15],
])('%s', (_, free, count) => {
  expect(layersThatFit(sizes, free)).toBe(count)
})

test('never more than there is room for, never fewer with more room', () => {
  const memory = integer({ min: 0, max: 40 * GiB })
  assert(
    property(
      array(integer({ min: 1, max: GiB }), { minLength: 1, maxLength: 80 }),
      memory,
      memory,
      (layers, one, two) => {
        const model = { layers, output: GiB / 3, compute: GiB / 5 }
        const [less, more] = [Math.min(one, two), Math.max(one, two)]
        const count = layersThatFit(model, [more])
        expect(count).toBeLessThanOrEqual(layers.length + 1)
        expect(layersThatFit(model, [less])).toBeLessThanOrEqual(count)
        const placed = [model.output, ...layers.toReversed()].slice(0, count)
        const taken = placed.reduce((sum, bytes) => sum + bytes, 0)
        expect(count === 0 || taken + model.compute < more).toBe(true)
      },
    ),
  )
})
