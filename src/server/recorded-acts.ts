/** What a server does when it starts and while it serves, as entries of its log. */
import { createHash } from 'node:crypto'
import { settings, type Config } from '../config.ts'
import type { Acts } from '../core/acts.ts'
import type { ServedModel } from '../core/engine.ts'
import type { Policy } from '../guard/policy/policy.ts'
import type { KeptLicence, Licence } from '../weights/licence.ts'
import { versionOf } from './to-accept.ts'
import type { Found } from './adapter-shelf.ts'

type Served = Pick<ServedModel, 'id' | 'digest' | 'parent'>

/** SHA-256 over all settings as they came out; of addresses only where they lead, for the rest may be secret. */
export function settingsDigest(config: Config): string {
  const values = Object.keys(settings.shape)
    .toSorted()
    .map((section) => [section, config[section as keyof typeof settings.shape]])
  const text = JSON.stringify(values, (_name, value: unknown) =>
    typeof value === 'string' && URL.canParse(value) ? placeOf(new URL(value)) : value,
  )
  return createHash('sha256').update(text).digest('hex')
}

/** @throws `audit_unavailable` */
export async function recordSettings(acts: Acts, config: Config): Promise<void> {
  const details = { digest: settingsDigest(config) }
  await acts.record({ kind: 'settings-in-force', by: 'server', about: null, details })
}

/** @throws `audit_unavailable`: then the policy must not hold */
export async function recordPolicy(acts: Acts, { name, version }: Policy, when: 'start' | 'reload') {
  // The version is a digest of all that the policy says.
  await acts.record({ kind: 'policy-changed', by: 'server', about: name, details: { version, when } })
}

/** Asks as before, and records a yes before anything is fetched. */
export function recordedLicence(
  accept: (licence: Licence) => Promise<boolean>,
  { acts, model }: { readonly acts: Pick<Acts, 'record'>; readonly model: string },
): typeof accept {
  return async (licence) => {
    if (!(await accept(licence))) return false
    // Its text comes with the weights only: until then it is told by what is known of it.
    const details = { model, edition: licence.version, version: versionOf({ ...licence, text: null }) }
    await acts.record({ kind: 'licence-accepted', by: 'owner', about: licence.id, details })
    return true
  }
}

/** Records which texts it was that were accepted with what has just come, by their digests. */
export async function recordTexts(
  acts: Pick<Acts, 'record'>,
  model: string,
  licence: KeptLicence,
): Promise<void> {
  const texts = [
    ['licence', licence.text],
    ['policy', licence.policy],
  ] as const
  for (const [kind, version] of texts) {
    if (version === null) continue
    const details = { model, edition: licence.version, version }
    await acts.record({ kind: 'licence-accepted', by: 'owner', about: `${kind}:${licence.id}`, details })
  }
}

/** Which models and adapters are served. Whether their weights are in memory just now is no act. */
export class ServedRecord {
  readonly #acts: Acts
  #before = new Map<string, Served>()

  constructor(acts: Acts) {
    this.#acts = acts
  }

  /** Records what comes and what goes, as against the last time. @throws `audit_unavailable` */
  async note(models: readonly Served[]): Promise<void> {
    const now = new Map(models.map((model) => [model.id, model]))
    const before = this.#before
    for (const model of before.values()) {
      if (now.get(model.id)?.digest !== model.digest) await this.#record('model-unloaded', model)
    }
    for (const model of now.values()) {
      if (before.get(model.id)?.digest !== model.digest) await this.#record('model-loaded', model)
    }
    this.#before = now
  }

  async #record(kind: 'model-loaded' | 'model-unloaded', { id, digest, parent }: Served): Promise<void> {
    const details = { digest, parent: parent ?? null }
    await this.#acts.record({ kind, by: 'server', about: id, details })
  }
}

/** These models with other adapters than they have. */
export function withAdapters(models: readonly Served[], adapters: Found): Served[] {
  const bare = models.filter(({ parent }) => parent === undefined)
  const adapted = bare.flatMap(({ id }) =>
    (adapters.get(id) ?? []).map(({ name, digest }) => ({ id: `${id}+${name}`, digest, parent: id })),
  )
  return [...bare, ...adapted]
}

function placeOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}
