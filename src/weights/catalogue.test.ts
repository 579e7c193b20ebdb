import { describe, expect, test } from 'vitest'
import { catalogue, catalogueEntry, catalogueLicence, defaultModel, mirrorsOf } from './catalogue.ts'
import { planOf } from './pull/plan.ts'
import { formatReference } from './reference.ts'

describe('every entry', () => {
  test.for(catalogue().map((entry) => [entry.name, entry] as const))('%s is sound', ([name, entry]) => {
    expect(mirrorsOf(entry).map(formatReference)).toEqual(entry.mirrors)
    expect(new Set(entry.mirrors).size).toBe(entry.mirrors.length)
    const plan = planOf({ kind: 'catalogue', name })
    expect(plan.files).toHaveLength(entry.files.length)
    // A licence that somebody has to accept is one that we can show.
    const licence = catalogueLicence(entry)
    expect(licence.link).toMatch(/^https:\/\//)
    expect(entry.gatedAt === null || licence.needsAcceptance).toBe(true)
    expect(entry.template === null).toBe(entry.purpose === 'embedding')
  })

  test('has a name and a digest of its own', () => {
    const digests = catalogue().flatMap(({ files }) => files.flatMap(({ sha256 }) => sha256 ?? []))
    expect(new Set(digests).size).toBe(digests.length)
    expect(new Set(catalogue().map(({ name }) => name)).size).toBe(catalogue().length)
  })
})

test('the default needs no acceptance and has a known digest', () => {
  const entry = catalogueEntry(defaultModel)!
  expect(entry.files).toEqual([
    { bytes: 98_362_432, sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53' },
  ])
  expect(catalogueLicence(entry).needsAcceptance).toBe(false)
})

test('a mirror that is named by itself is held to the same digest and licence', () => {
  const entry = catalogueEntry('llama3.2:3b')!
  const plan = planOf(mirrorsOf(entry)[0]!)
  expect(plan.files[0]?.expected).toBe(entry.files[0]?.sha256)
  expect(plan.licence?.needsAcceptance).toBe(true)
})
