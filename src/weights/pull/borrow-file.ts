import { elpisError } from '../../errors.ts'
import { readGguf } from '../gguf/read.ts'
import { formatReference, parseReference } from '../reference.ts'
import { describeForRecord } from './describe.ts'
import { freeBytes } from './disk.ts'
import { httpClient } from './http-client.ts'
import { planOf } from './plan.ts'
import { accept, discard, obtainOrExplain, type PullOptions } from './pull.ts'
import { defaultLimits } from './settings.ts'

/**
 * Brings one file that is no model, such as an adapter, within reach of `use`, verified as a model's files are and with its
 * licence accepted. It is not kept. `use` is given its path, and its reference as it may be recorded.
 *
 * @throws what `pull` throws, and `use`
 */
export async function borrowFile<Result>(
  reference: string,
  options: PullOptions,
  use: (path: string, reference: string) => Promise<Result>,
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
    await accept(plan, describeForRecord(await readGguf(found.path)).licence, options)
    return await use(found.path, plan.reference)
  } finally {
    if (!found.present) await discard([found])
  }
}
