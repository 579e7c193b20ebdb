/** Brings a model into the store: licence, sources, digest, check, place. In this order, and nothing skips a step. */
import { rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { systemClock, type Clock } from '../../core/clock.ts'
import type { Sha256 } from '../../core/ids.ts'
import { elpisError, type ElpisError } from '../../errors.ts'
import { catalogueNames } from '../catalogue.ts'
import { digestOfFiles } from '../digest.ts'
import { checkWeights } from '../gguf/check.ts'
import type { Gguf } from '../gguf/read.ts'
import type { Acceptance, KeptLicence, Licence } from '../licence.ts'
import type { Manifest } from '../manifest.ts'
import { parseReference } from '../reference.ts'
import type { WeightsStore } from '../store.ts'
import { describeForRecord } from './describe.ts'
import { freeBytes, type FreeBytes } from './disk.ts'
import { licenceBeside, noTexts, type LicenceTexts } from './licence-beside.ts'
import type { FailureKind } from './failure.ts'
import { httpClient } from './http-client.ts'
import { NoSourceLeft, obtain, type FailedSource, type VerifiedFile, type Workshop } from './obtain.ts'
import { planOf, type Plan } from './plan.ts'
import type { Report } from './progress.ts'
import { prunePartials } from './prune.ts'
import { defaultLimits, type PullLimits } from './settings.ts'

export interface PullOptions {
  readonly store: WeightsStore
  /** Asks whether a licence with conditions is accepted. Not called for permissive ones. */
  readonly acceptLicence: (licence: Licence) => Promise<boolean>
  readonly onProgress?: Report
  readonly signal?: AbortSignal
  /** Proxies, `HF_ENDPOINT`, `HF_TOKEN`; `process.env` when left out. */
  readonly environment?: NodeJS.ProcessEnv
  /** What the model is to be called here. */
  readonly name?: string | undefined
  /** What the file must hash to, over what the catalogue says. */
  readonly sha256?: Sha256 | undefined
  readonly clock?: Clock
  readonly limits?: PullLimits
  readonly free?: FreeBytes
}

export interface PullResult {
  readonly manifest: Manifest
  /** `present`: it was all here before. */
  readonly outcome: 'pulled' | 'present'
}

const mostRemovals = 3

/**
 * Pulls what `reference` names, or finds that it is here. Interrupted at any point it leaves nothing that is not
 * verified, and the next call goes on where it stopped. Two calls at once, in one process or several, share the work.
 *
 * @throws `reference_invalid`, `licence_not_accepted`, `access_refused`, `sources_failed`, `digest_mismatch`,
 *   `disk_full`, `weights_invalid`, `model_name_taken`; the signal's reason
 */
export async function pull(reference: string, options: PullOptions): Promise<PullResult> {
  const plan = planOf(parseReference(reference, catalogueNames()), options)
  const present = await alreadyHere(plan, options.store)
  if (present !== null) return { manifest: present, outcome: 'present' }
  const accepted = plan.licence === null ? null : await accept(plan, plan.licence, options)
  const limits = options.limits ?? defaultLimits
  const environment = options.environment ?? process.env
  await using client = httpClient(environment, limits)
  await prunePartials(options.store.folder, options.clock ?? systemClock)
  for (let removals = 0; ; removals++) {
    await using locks = new AsyncDisposableStack()
    const report = options.onProgress ?? (() => undefined)
    const signal = options.signal ?? new AbortController().signal
    const onWait = (owner: number | null) => report({ type: 'wait-start', file: plan.name, owner })
    const lock = locks.use(await options.store.lock(plan.key, { signal, onWait }))
    // Whoever we waited for may have pulled the same.
    const meanwhile = lock.waited ? await alreadyHere(plan, options.store) : null
    if (meanwhile !== null) return { manifest: meanwhile, outcome: 'present' }
    const workshop: Workshop = {
      store: options.store,
      client,
      report,
      limits,
      free: options.free ?? freeBytes,
      environment,
      signal,
      locks,
    }
    const files: VerifiedFile[] = []
    for (const file of plan.files) files.push(await obtainOrExplain(plan, file, workshop))
    const beside = (file: VerifiedFile) => licenceBeside(file, client, signal)
    const manifest = await recordOf({ plan, files, accepted, beside }, options)
    const arrived = files.filter(({ present }) => !present)
    const places = new Map(arrived.map(({ entry, path }) => [entry.sha256 as string, path]))
    if (await options.store.commit(manifest, places)) {
      await discard(arrived)
      return { manifest, outcome: 'pulled' }
    }
    if (removals === mostRemovals)
      throw new Error('Files of this model are removed as fast as they are pulled.')
  }
}

/** @throws as `pull` does */
export async function obtainOrExplain(
  plan: Plan,
  file: Plan['files'][number],
  workshop: Workshop,
): Promise<VerifiedFile> {
  try {
    return await obtain(file, workshop)
  } catch (error) {
    throw error instanceof NoSourceLeft ? explanation(plan, error.failed) : error
  }
}

interface Arrived {
  readonly plan: Plan
  readonly files: readonly VerifiedFile[]
  /** Null where only the file could name the licence. */
  readonly accepted: Acceptance | null
  readonly beside: (file: VerifiedFile) => Promise<LicenceTexts>
}

/** Checks what came, asks for the licence that only the file could name, and writes it all down. */
async function recordOf({ plan, files, accepted, beside }: Arrived, options: PullOptions): Promise<Manifest> {
  const described = describeForRecord(await checked(files))
  const licence = plan.licence ?? described.licence
  const given = accepted ?? (await accept(plan, licence, options))
  const [first] = files
  const texts = licence.needsAcceptance && first !== undefined ? await beside(first) : noTexts
  const entries = files.map(({ entry }) => entry)
  return {
    version: 1,
    name: plan.name,
    reference: plan.reference,
    source: files.find(({ present }) => !present)?.source ?? plan.reference,
    digest: digestOfFiles(entries),
    files: entries,
    licence: await keep(options.store, { licence, texts, accepted: given }),
    pulledAt: now(options),
    summary: {
      ...described.summary,
      ...(plan.entry === null
        ? {}
        : {
            title: plan.entry.title,
            parameters: plan.entry.parameters,
            quantisation: plan.entry.quantisation,
            context: described.summary.context ?? plan.entry.context,
          }),
    },
  }
}

/** Parses the headers before native code ever sees them. What came is as promised, but may still be no model. */
async function checked(files: readonly VerifiedFile[]): Promise<Gguf> {
  try {
    return await checkWeights(files.map(({ path }) => path))
  } catch (error) {
    // There is nothing to go on with.
    await discard(files.filter(({ present }) => !present))
    throw error
  }
}

/** The model as it is in the store, if it is what the plan would bring. */
async function alreadyHere(plan: Plan, store: WeightsStore): Promise<Manifest | null> {
  let manifest: Manifest | null
  try {
    manifest = await store.lookup(plan.name)
  } catch {
    return null // a damaged record is replaced
  }
  if (manifest === null) return null
  const expected = plan.files.map((file) => file.expected)
  const same =
    manifest.files.length === expected.length &&
    manifest.files.every(({ sha256 }, index) => expected[index] === null || expected[index] === sha256) &&
    (manifest.reference === plan.reference || expected.every((digest) => digest !== null))
  if (!same) throw elpisError('model_name_taken', { model: plan.name, reference: manifest.reference })
  for (const { sha256, bytes } of manifest.files) {
    const path = await store.blob(sha256 as Sha256)
    if (path === null || (await sizeOf(path)) !== bytes) return null
  }
  return manifest
}

/** A licence that was accepted, with its texts. */
export interface AcceptedLicence {
  readonly licence: Licence
  readonly texts: LicenceTexts
  readonly accepted: Acceptance
}

/** Keeps the texts, and says what is to be recorded. */
export async function keep(
  store: Pick<WeightsStore, 'keepLicence'>,
  { licence: { id, name, version, link }, texts: { text, policy }, accepted }: AcceptedLicence,
): Promise<KeptLicence> {
  for (const each of [text, policy]) if (each !== null) await store.keepLicence(each)
  return { id, name, version, link, text: text?.sha256 ?? null, policy: policy?.sha256 ?? null, accepted }
}

/** @throws `licence_not_accepted` */
export async function accept(
  plan: Pick<Plan, 'name' | 'entry'>,
  licence: Licence,
  options: Pick<PullOptions, 'acceptLicence' | 'clock'>,
): Promise<Acceptance> {
  const record = { by: userInfo().username, at: now(options) }
  if (licence.id === 'not-stated') return { ...record, how: 'not-stated' }
  if (!licence.needsAcceptance) return { ...record, how: 'permissive' }
  if (await options.acceptLicence(licence)) return { ...record, how: 'asked' }
  throw elpisError('licence_not_accepted', {
    model: plan.name,
    licence: licence.name,
    link: licence.link ?? plan.entry?.gatedAt ?? 'the page of the model',
  })
}

/** One error for all sources: the gravest reason decides what kind, and each source is named with its own. */
function explanation(plan: Plan, failed: readonly FailedSource[]): ElpisError {
  const failures = failed.map(({ source, failure }) => `\n  ${source}: ${failure.message}`).join('')
  const advice = [...new Set(failed.flatMap(({ failure }) => failure.advice ?? []))].join(' ')
  if (failed.some(({ failure }) => failure.kind === 'digest')) {
    return elpisError('digest_mismatch', { model: plan.name, failures })
  }
  if (failed.every(({ failure }) => failure.kind === 'refused')) {
    return elpisError('access_refused', {
      model: plan.name,
      failures,
      suggestion: advice === '' ? 'Ask whoever runs the source for access.' : advice,
    })
  }
  return elpisError('sources_failed', {
    model: plan.name,
    failures,
    suggestion: suggestionFor(failed, advice),
  })
}

function suggestionFor(failed: readonly FailedSource[], advice: string): string {
  const some = (kind: FailureKind) => failed.some(({ failure }) => failure.kind === kind)
  const suggestions = [advice]
  if (some('unreachable')) {
    suggestions.push(
      'Check the network and HTTPS_PROXY, set HF_ENDPOINT to a mirror of the hub that you can reach, or bring the ' +
        'file here by other means and run `elpis pull file:PATH`.',
    )
  }
  if (some('broken')) suggestions.push('Try again: what has arrived is kept.')
  if (some('missing') && advice === '') suggestions.push('Check the spelling of the reference.')
  return suggestions.filter((text) => text !== '').join(' ')
}

/** Removes what is left of pulls that are over. */
export async function discard(files: readonly VerifiedFile[]): Promise<void> {
  for (const { path } of files) await rm(dirname(path), { recursive: true, force: true })
}

function now({ clock = systemClock }: Pick<PullOptions, 'clock'>): string {
  return new Date(clock.now()).toISOString()
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size
}
