import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { KeyId, OrganisationId } from '../../core/ids.ts'
import { DeploymentSecret } from '../defence/deployment-secret.ts'
import { lowered, openPolicyShelf, type Assignment, type Circumstances, type PolicyShelf } from './shelf.ts'
import { shippedNames, shippedPolicy } from './shipped.ts'

const assignment = { policy: 'standard', organisations: {}, keys: {}, models: {}, restricted: 'strict' }

function shelfOf(assigned: Partial<Assignment>, options: Parameters<typeof openPolicyShelf>[2] = {}) {
  const shelf = openPolicyShelf('no-such-folder', { ...assignment, ...assigned }, options)
  onTestFinished(() => shelf.close())
  return shelf
}

interface Asking extends Partial<Pick<Circumstances, 'model' | 'level'>> {
  readonly organisation?: string
  /** Null for who signed in. */
  readonly key?: string | null
}

/** The names of what holds, in order. */
function holding(shelf: PolicyShelf, asking: Asking = {}): string[] {
  return applying(shelf, asking).map(({ name }) => name)
}

function applying(shelf: PolicyShelf, { organisation = 'org_b', key = 'key_b', ...more }: Asking = {}) {
  const principal = { organisationId: organisation as OrganisationId, keyId: key as KeyId | null }
  return shelf.applying({ principal, model: 'a:1b', level: 'good', ...more })
}

test('a policy that is put in place after the start holds, though there was no folder', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-shelf-'))
  const folder = join(home, 'policies')
  const changes: string[] = []
  const shelf = openPolicyShelf(folder, assignment, {
    onChange: (policy) => Promise.resolve().then(() => void changes.push(policy.version)),
  })
  onTestFinished(() => {
    shelf.close()
    rmSync(home, { recursive: true })
  })
  mkdirSync(folder)
  writeFileSync(join(folder, 'standard.toml'), 'name = "standard"\nsummary = "Ours."\n')
  await expect.poll(() => shelf.standing.summary, { timeout: 30_000 }).toBe('Ours.')
  expect(changes).toEqual([shelf.standing.version])
})

describe('whose policy holds', () => {
  const assigned = { organisations: { org_a: 'open' }, keys: { key_a: 'llama-use' } }

  test('that of the key, else that of the organisation, else that of the server', () => {
    const shelf = shelfOf(assigned)
    expect(holding(shelf, { organisation: 'org_a', key: 'key_a' })).toEqual(['llama-use'])
    expect(holding(shelf, { organisation: 'org_b', key: 'key_a' })).toEqual(['llama-use'])
    expect(holding(shelf, { organisation: 'org_a', key: 'key_b' })).toEqual(['open'])
    expect(holding(shelf, { organisation: 'org_a', key: null })).toEqual(['open'])
    expect(holding(shelf)).toEqual(['standard'])
    expect(holding(shelf, { key: null })).toEqual(['standard'])
    expect(shelf.standing.name).toBe('standard')
  })

  test('those of the model and of who is restricted hold beside it: a mild policy lifts neither', () => {
    const shelf = shelfOf({ ...assigned, models: { 'a:1b': 'gemma-use' } })
    const restricted = { level: 'restricted' } as const
    expect(holding(shelf, { organisation: 'org_a' })).toEqual(['open', 'gemma-use'])
    expect(holding(shelf, { organisation: 'org_a', ...restricted })).toEqual(['open', 'gemma-use', 'strict'])
    expect(holding(shelf, { key: 'key_a', model: 'b:1b', ...restricted })).toEqual(['llama-use', 'strict'])
  })

  test('each holds once, however many name it', () => {
    const shelf = shelfOf({ organisations: { org_a: 'strict' }, models: { 'a:1b': 'strict' } })
    expect(holding(shelf, { organisation: 'org_a', level: 'restricted' })).toEqual(['strict'])
  })

  test('no organisation or key finds what every object inherits', () => {
    const shelf = shelfOf(assigned)
    for (const word of ['constructor', '__proto__', 'toString'])
      expect(holding(shelf, { organisation: word, key: word })).toEqual(['standard'])
  })

  test('one that is not there is refused at the start, whoever it is for', () => {
    for (const of of ['organisations', 'keys', 'models'])
      expect(() => shelfOf({ [of]: { a: 'nobodys' } })).toThrow(
        expect.objectContaining({ code: 'policy_unknown' }),
      )
  })
})

describe('the secret of a deployment', () => {
  const secretOf = (byte: number) => new DeploymentSecret(Buffer.alloc(32, byte))

  test('only lowers thresholds, by 0.04 and a tenth of the score at most', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(score, score, score, score, (act, attack, first, second) => {
        const written = { ...shippedPolicy('standard')!, thresholds: { flag: 0.4, act, attack } }
        const moved = lowered(written, { unit: (label) => (label === 'act' ? first : second) })
        expect(moved.thresholds.flag).toBe(0.4)
        for (const [now, before] of [
          [moved.thresholds.act, act],
          [moved.thresholds.attack, attack],
        ] as const) {
          expect(now).toBeLessThanOrEqual(before)
          expect(now).toBeGreaterThanOrEqual(before - 0.04)
          expect(now).toBeGreaterThanOrEqual(before - before / 10)
        }
      }),
    )
  })

  test('moves them as far as that, so that the bound is no accident', () => {
    const most = lowered(shippedPolicy('standard')!, { unit: () => 1 })
    // Those of single hazards too: S4 and S9 have their own.
    const own = Object.entries(shippedPolicy('standard')!.hazards).filter(([, { at }]) => at !== undefined)
    expect(own.length).toBeGreaterThan(1)
    for (const [hazard, { at = 0 }] of own) {
      const moved = most.hazards[hazard as keyof typeof most.hazards]?.at
      expect(moved).toBeCloseTo(at - Math.min(0.04, at / 10), 9)
    }
    expect(most.thresholds.act).toBeCloseTo(0.66, 12)
    expect(most.thresholds.attack).toBeCloseTo(0.86, 12)
    const low = { ...shippedPolicy('standard')!, thresholds: { flag: 0.05, act: 0.1, attack: 0.2 } }
    const { act, attack } = lowered(low, { unit: () => 1 }).thresholds
    expect(act).toBeCloseTo(0.09, 12)
    expect(attack).toBeCloseTo(0.18, 12)
  })

  test.each(shippedNames)('moves the policy "%s" for whomever it holds, and never as it is shown', (name) => {
    const written = shippedPolicy(name)!
    const options = { secret: secretOf(1) }
    const everywhere = { organisations: { org_a: name }, keys: { key_a: name }, models: { m: name } }
    const shelf = shelfOf({ policy: name, restricted: name, ...everywhere }, options)
    const expected = [lowered(written, options.secret)]
    expect(expected[0]?.thresholds.act).toBeLessThan(written.thresholds.act)
    expect(applying(shelf)).toEqual(expected)
    expect(applying(shelf, { organisation: 'org_a' })).toEqual(expected)
    expect(applying(shelf, { key: 'key_a', level: 'restricted' })).toEqual(expected)
    // What is shown and recorded is the policy as it is written: nobody reads the secret from it.
    expect([shelf.standing, shelf.named(name), ...shelf.inForce]).toEqual([written, written, written])
    expect(shelf.all).toContainEqual(written)
  })

  test('is the same at every start, and another in another deployment', () => {
    const thresholds = (byte: number) => applying(shelfOf({}, { secret: secretOf(byte) }))[0]?.thresholds
    expect(thresholds(1)).toEqual(thresholds(1))
    expect(thresholds(1)).not.toEqual(thresholds(2))
    const { act, attack } = shippedPolicy('standard')!.thresholds
    const moved = thresholds(1)!
    expect(act - moved.act).not.toBeCloseTo(attack - moved.attack, 4)
  })

  test('is no part of the thresholds where none is given', () => {
    expect(applying(shelfOf({}))).toEqual([shippedPolicy('standard')])
  })

  test('moves a policy that was changed since', async () => {
    const home = mkdtempSync(join(tmpdir(), 'elpis-shelf-'))
    const write = (act: number) =>
      writeFileSync(
        join(home, 'standard.toml'),
        `name = "standard"\nsummary = "Ours."\n[thresholds]\nact = ${act}\n`,
      )
    write(0.8)
    const shelf = openPolicyShelf(home, assignment, { secret: secretOf(1) })
    onTestFinished(() => {
      shelf.close()
      rmSync(home, { recursive: true })
    })
    const moved = 0.8 - applying(shelf)[0]!.thresholds.act
    expect(moved).toBeGreaterThan(0)
    write(0.6)
    await shelf.reload()
    expect(applying(shelf)[0]?.thresholds.act).toBeCloseTo(0.6 - moved, 12)
  })
})
