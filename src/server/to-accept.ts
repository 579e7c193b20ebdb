import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Demands, Document } from '../access/acceptances/acceptances.ts'
import type { Config } from '../config.ts'
import type { ServedModel } from '../core/engine.ts'
import { elpisError } from '../errors.ts'
import { licenceById, type KeptLicence, type Licence } from '../weights/licence.ts'
import { licenceText, type LicenceText } from '../weights/licence-text.ts'
import type { WeightsStore } from '../weights/store.ts'

/** A licence as it stands in the record of weights, with its text where one came along. */
export type RecordedLicence = Pick<Licence, 'id' | 'name' | 'version' | 'link'> & {
  readonly text: LicenceText | null
  /** Of acceptable use, where one came along. */
  readonly policy: LicenceText | null
}

/**
 * A licence with its texts read from the store, as the record of an acceptance needs them; null where no text came
 * along.
 */
export async function recordedLicenceOf(
  { id, name, version, link, text, policy }: KeptLicence,
  store: Pick<WeightsStore, 'licence'>,
): Promise<RecordedLicence> {
  const textOf = async (digest: string | null) => (digest === null ? null : await store.licence(digest))
  return { id, name, version, link, text: await textOf(text), policy: await textOf(policy) }
}

/**
 * The terms of whoever runs this server, and the licences of what it serves that ask for more than a notice.
 *
 * @param recorded the licence of a model or adapter whose weights are here
 * @throws `config_invalid` when the terms or the text of a licence cannot be read
 */
export function documentsToAccept(
  { terms: path, licences: paths, require_acceptance: who }: Config['access'],
  models: () => readonly ServedModel[],
  recorded: (model: string) => RecordedLicence | undefined,
): Demands {
  const terms = path === '' ? [] : [termsIn(path)]
  const given = new Map(
    Object.entries(paths).map(([id, file]) => [id.toLowerCase(), textIn(file, `access.licences.${id}`)]),
  )
  const licenceOf = ({ id, parent, licence }: ServedModel): RecordedLicence | null =>
    recorded(id) ??
    (parent === undefined && licence !== null ? { ...licenceById(licence), text: null, policy: null } : null)
  return {
    who,
    documents(model) {
      const served = models()
      const parent = served.find(({ id }) => id === model)?.parent
      const documents = new Map<string, Document>()
      for (const each of served) {
        if (model !== null && each.id !== model && each.id !== parent) continue
        const licence = licenceOf(each)
        if (licence === null || !licenceById(licence.id).needsAcceptance) continue
        const whole = { ...licence, text: given.get(licence.id.toLowerCase()) ?? licence.text }
        for (const document of [documentOf(whole), ...policyOf(whole)])
          documents.set(`${document.name} ${document.version}`, document)
      }
      return [...terms, ...documents.values()]
    },
  }
}

function termsIn(path: string): Document {
  const { text, sha256 } = textIn(path, 'access.terms')
  return { name: 'terms', title: 'the terms of this server', link: null, text, version: sha256 }
}

function textIn(path: string, where: string): LicenceText {
  const invalid = (problem: string) =>
    elpisError('config_invalid', {
      where,
      problem,
      suggestion: 'Name a text file that this server may read.',
    })
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw invalid(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
  const text = licenceText(bytes)
  if (text === null) throw invalid('is empty, too long or no text')
  return text
}

function documentOf(licence: RecordedLicence): Document {
  const { id, name: title, link, text } = licence
  return { name: `licence:${id}`, title, link, text: text?.text ?? null, version: versionOf(licence) }
}

function policyOf({ id, name, link, policy }: RecordedLicence): Document[] {
  if (policy === null) return []
  const title = `Acceptable use under the ${name}`
  return [{ name: `policy:${id}`, title, link, text: policy.text, version: policy.sha256 }]
}

/** The digest of its text; without one, of what is known of it. Hex. */
export function versionOf({
  id,
  version,
  link,
  text,
}: Pick<RecordedLicence, 'id' | 'version' | 'link' | 'text'>): string {
  return (
    text?.sha256 ??
    createHash('sha256')
      .update(JSON.stringify([id, version, link]))
      .digest('hex')
  )
}
