import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Principal } from '../../core/principal.ts'
import { WatchedFolder } from '../../core/watched-folder.ts'
import { elpisError } from '../../errors.ts'
import { readPolicy, type Policy } from './policy.ts'
import { shippedNames, shippedPolicy } from './shipped.ts'

/** Which policy holds for whom, by name. */
export interface Assignment {
  readonly policy: string
  readonly organisations: Readonly<Record<string, string>>
  readonly keys: Readonly<Record<string, string>>
  readonly models: Readonly<Record<string, string>>
  readonly restricted: string
}

/** What decides which policies hold. Nothing that a client writes is among it but the model that it asks for. */
export interface Circumstances {
  readonly principal: Pick<Principal, 'organisationId' | 'keyId'>
  readonly model: string
  readonly level: 'good' | 'warned' | 'restricted'
}

interface Shelf {
  /** For the server as a whole. */
  readonly standing: Policy
  /** All that hold together, the one for who asks first; the gravest action of all is taken. */
  applying(circumstances: Circumstances): readonly Policy[]
  /** @throws `policy_unknown` */
  named(name: string): Policy
  readonly all: readonly Policy[]
  /** Those that the settings name for anybody. */
  readonly inForce: readonly Policy[]
  /** Reads the folder again. A policy that became invalid stays as it was, and `onTrouble` is told. */
  reload(): Promise<void>
  close(): void
}

export type PolicyShelf = Shelf

interface Secret {
  /** From 0 to 1. */
  unit(label: string): number
}

interface ShelfOptions {
  /** Moves the thresholds a little, differently in every deployment; left out, they are as written. */
  readonly secret?: Secret
  /** Told before a policy holds; when it throws, everything stays as it was. */
  readonly onChange?: (policy: Policy) => Promise<void>
  readonly onTrouble?: (error: unknown) => void
}

/** A threshold moves by this much at most, only downwards: no policy becomes weaker than it is written. */
const mostMoved = 0.04

/**
 * Shipped policies and those of a folder (`NAME.toml`), read again when a file there changes. The folder may come later.
 *
 * @throws `policy_invalid`, and `policy_unknown` for an assignment to none: a server does not start under a policy that it cannot read
 */
export function openPolicyShelf(
  folder: string,
  assignment: Assignment,
  { secret, onChange, onTrouble }: ShelfOptions = {},
): PolicyShelf {
  let own: ReadonlyMap<string, Policy> = readFolder(folder)
  const named = (name: string, among = own): Policy => {
    const policy = among.get(name) ?? shippedPolicy(name)
    if (policy === null) {
      throw elpisError('policy_unknown', {
        policy: name,
        known: [...among.keys(), ...shippedNames].join(', '),
      })
    }
    return policy
  }
  const movedBefore = new Map<string, Policy>()
  const moved = (policy: Policy): Policy => {
    if (secret === undefined) return policy
    const before = movedBefore.get(policy.version)
    if (before !== undefined) return before
    const after = lowered(policy, secret)
    movedBefore.set(policy.version, after)
    return after
  }
  const assigned = [
    assignment.policy,
    assignment.restricted,
    ...[assignment.organisations, assignment.keys, assignment.models].flatMap((of) => Object.values(of)),
  ]
  for (const name of assigned) named(name)

  const watched = new WatchedFolder(folder, { reload: readAgain, onTrouble })
  watched.observe()
  return {
    get standing() {
      return named(assignment.policy)
    },
    applying({ principal, model, level }) {
      const { organisations, keys, models } = assignment
      const names = new Set([
        valueOf(keys, principal.keyId) ??
          valueOf(organisations, principal.organisationId) ??
          assignment.policy,
      ])
      const forModel = valueOf(models, model) ?? valueOf(models, model.split('+')[0] ?? model)
      if (forModel !== undefined) names.add(forModel)
      if (level === 'restricted') names.add(assignment.restricted)
      return [...names].map((name) => moved(named(name)))
    },
    named: (name) => named(name),
    get inForce() {
      return [...new Set(assigned)].map((name) => named(name))
    },
    get all() {
      const shipped = shippedNames.filter((name) => !own.has(name)).map((name) => named(name))
      return [...shipped, ...own.values()]
    },
    reload: () => watched.reload(),
    close: () => watched.close(),
  }

  async function readAgain(): Promise<void> {
    const next = readFolder(folder)
    for (const name of assigned) named(name, next)
    for (const name of new Set([...own.keys(), ...next.keys()])) {
      // One that is gone leaves its name to what ships.
      const policy = next.get(name) ?? shippedPolicy(name)
      if (policy !== null && own.get(name)?.version !== policy.version) await onChange?.(policy)
    }
    own = next
  }
}

/** A policy with its thresholds moved as a deployment's secret says, or as far as any may move them. */
export function lowered(policy: Policy, secret: Secret): Policy {
  const lower = (label: string, score: number) => score - secret.unit(label) * Math.min(mostMoved, score / 10)
  const { flag, act, attack } = policy.thresholds
  const hazards = Object.entries(policy.hazards).map(([hazard, limit]) => [
    hazard,
    limit.at === undefined ? limit : { ...limit, at: lower(`hazard ${hazard}`, limit.at) },
  ])
  const { at } = policy.attack
  return {
    ...policy,
    thresholds: { flag, act: lower('act', act), attack: lower('attack', attack) },
    hazards: Object.fromEntries(hazards) as Policy['hazards'],
    attack: at === undefined ? policy.attack : { ...policy.attack, at: lower('attack at', at) },
  }
}

function valueOf(table: Readonly<Record<string, string>>, key: string | null): string | undefined {
  return key !== null && Object.hasOwn(table, key) ? table[key] : undefined
}

function readFolder(folder: string): Map<string, Policy> {
  const own = new Map<string, Policy>()
  if (!existsSync(folder)) return own
  for (const file of readdirSync(folder).toSorted()) {
    if (!file.endsWith('.toml')) continue
    const policy = readPolicy(readFileSync(join(folder, file), 'utf8'), join(folder, file))
    if (`${policy.name}.toml` !== file) {
      throw elpisError('policy_invalid', {
        file: join(folder, file),
        problem: `its name is "${policy.name}"`,
      })
    }
    own.set(policy.name, policy)
  }
  return own
}
