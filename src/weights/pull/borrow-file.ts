import { elpisError } from '../../errors.ts'
import { readGguf } from '../gguf/read.ts'
import { formatReference, parseReference } from '../reference.ts'
import { describeForRecord } from './describe.ts'
import { freeBytes } from './disk.ts'
import { httpClient } from './http-client.ts'
import { planOf } from './plan.ts'
import { licenceBeside, licenceBesideFile, noTexts } from './licence-beside.ts'
import { accept, discard, obtainOrExplain, type AcceptedLicence, type PullOptions } from './pull.ts'
import { defaultLimits } from './settings.ts'

/**
 * Brings one file that is no model, such as an adapter, within reach of `use`, verified as a model's files are and with its
 * licence accepted. It is not kept. `use` is given its path, its reference as it may be recorded, and the licence.
 *
 * @throws what `pull` throws, and `use`
 */
export async function borrowFile<Result>(
  reference: string,
  options: PullOptions,
  use: (path: string, reference: string, licence: AcceptedLicence) => Promise<Result>,
): Promise<Result> {
  const parsed = parseReference(reference, [])
  const plan = planOf(parsed, options)
  const [file, ...others] = plan.files
  if (file === undefined || others.length > 0)
    throw elpisError('reference_invalid', {
      reference: formatReference(parsed),
      problem: 'it is one of several parts',
      suggestion: 'Name a file that is whole.',
    })
  const { limits = defaultLimits, environment = process.env } = options
  await using client = httpClient(environment, limits)
  await using locks = new AsyncDisposableStack()
  const found = await obtainOrExplain(plan, file, {
    store: options.store,
    client,
    report: options.onProgress ?? (() => undefined),
    limits,
    free: options.free ?? freeBytes,
    environment,
    signal: options.signal ?? new AbortController().signal,
    locks,
  })
  try {
    const { licence } = describeForRecord(await readGguf(found.path))
    const accepted = await accept(plan, licence, options)
    const signal = options.signal ?? new AbortController().signal
    const texts = licence.needsAcceptance ? await licenceBeside(found, client, signal) : noTexts
    return await use(found.path, plan.reference, { licence, texts, accepted })
  } finally {
    if (!found.present) await discard([found])
  }
}

/**
 * The licence of a file of this machine that is used where it lies, accepted.
 *
 * @param name how the file is called where it is refused
 * @throws `licence_not_accepted`, what reading its header throws
 */
export async function licenceOfFile(
  path: string,
  name: string,
  options: Pick<PullOptions, 'acceptLicence' | 'clock'>,
): Promise<AcceptedLicence> {
  const { licence } = describeForRecord(await readGguf(path))
  const accepted = await accept({ name, entry: null }, licence, options)
  return { licence, texts: licence.needsAcceptance ? await licenceBesideFile(path) : noTexts, accepted }
}
