import * as fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ElpisError } from '../errors.ts'
import { openProbeStore, readProbe, type StoredProbe } from './probe-store.ts'

const digest = 'ab'.repeat(32)
const other = 'cd'.repeat(32)
const measured = { auprc: 0.5, f1: 0.5, recall: 0.5 }
const probe: StoredProbe = {
  digest,
  model: 'tiny:1m',
  trainedAt: '2026-11-27T00:00:00.000Z',
  data: other,
  rows: 20,
  layer: 3,
  width: 2,
  prompt: { bias: -1, weights: Float32Array.of(0.5, -2) },
  response: null,
  measures: { rows: 6, probe: measured, judge: measured, together: measured },
}

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-probes-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The file of the probe as it is written, with changes. */
const file = (changes: object = {}) => {
  const floats = Buffer.from(Float32Array.of(0.5, -2).buffer).toString('base64')
  const { prompt: _prompt, ...rest } = probe
  return JSON.stringify({ version: 1, ...rest, prompt: { bias: -1, weights: floats }, ...changes })
}
/** It is read as a sound probe, or refused with the reason. */
function isSound(text: string): boolean {
  try {
    return readProbe(text, digest, 'x.json').prompt.weights.every(Number.isFinite)
  } catch (error) {
    return error instanceof ElpisError && error.code === 'probe_invalid'
  }
}
const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64')

describe('the store of probes', () => {
  test('gives back what was written, until it is removed', async () => {
    const store = openProbeStore(home())
    expect(store.read(digest)).toBeNull()
    await store.write(probe)
    await store.write({ ...probe, response: { bias: 2, weights: Float32Array.of(1, 1) } })
    expect(store.read(digest)?.response).toEqual({ bias: 2, weights: Float32Array.of(1, 1) })
    expect(store.list().probes.map(({ model }) => model)).toEqual(['tiny:1m'])
    expect(await store.remove(digest)).toBe(true)
    expect(await store.remove(digest)).toBe(false)
    expect(store.list()).toEqual({ probes: [], broken: [] })
  })

  test('a probe for other weights is refused, whatever its file is called', async () => {
    const path = home()
    const store = openProbeStore(path)
    await store.write(probe)
    writeFileSync(join(path, 'probes', `${other}.json`), file())
    expect(() => store.read(other)).toThrow(`it is for the weights ${digest}`)
    expect(store.list().broken).toEqual([other])
  })

  test('no digest leads out of the folder', () => {
    expect(() => openProbeStore(home()).read('../../etc/passwd')).toThrow('pattern')
  })
})

describe('a hostile file', () => {
  test('the one that all others are made from is read', () => {
    expect(readProbe(file(), digest, 'x.json')).toEqual(probe)
  })

  test.each([
    ['', 'not JSON'],
    ['null', 'expected object'],
    [file({ version: 2 }), 'version'],
    [file({ more: 1 }), 'more'],
    [file({ width: 3 }), 'bytes of weights'],
    [file({ width: 0 }), 'width'],
    [file({ width: 1e300 }), 'width'],
    [file({ layer: -1 }), 'layer'],
    [file({ prompt: { bias: null, weights: base64(1, 1) } }), 'bias'],
    [file({ prompt: { bias: 0, weights: base64(1, Number.NaN) } }), 'no numbers'],
    [file({ prompt: { bias: 0, weights: base64(Number.POSITIVE_INFINITY, 1) } }), 'no numbers'],
    [file({ prompt: { bias: 0, weights: 'not base64!' } }), 'weights'],
    [file({ response: { bias: 0, weights: base64(1) } }), 'bytes of weights'],
  ])('is refused: %s', (text, problem) => {
    expect(() => readProbe(text, digest, 'x.json')).toThrow(problem)
  })

  test('cut or changed anywhere, it is refused in words or is a sound probe', () => {
    const whole = file()
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.string({ maxLength: 4 }), (at, by) => {
        const changed = whole.slice(0, at) + by + whole.slice(at + by.length)
        expect(isSound(changed)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
