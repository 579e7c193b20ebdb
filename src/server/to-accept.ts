import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Demands, Document } from '../access/acceptances/acceptances.ts'
import type { Config } from '../config.ts'
import type { ServedModel } from '../core/engine.ts'
import { elpisError } from '../errors.ts'
import { licenceById } from '../weights/licence.ts'

/**
 * The terms of whoever runs this server, and the licences of what it serves that ask for more than a notice.
 *
 * @throws `config_invalid` when the terms cannot be read
 */
export function documentsToAccept(
  { terms: path, require_acceptance: who }: Config['access'],
  models: () => readonly ServedModel[],
): Demands {
  const terms = path === '' ? [] : [termsIn(path)]
  return {
    who,
    documents(model) {
      const served = models()
      const parent = served.find(({ id }) => id === model)?.parent
      const asked = served.filter(({ id }) => model === null || id === model || id === parent)
      const licences = new Set(asked.flatMap(({ licence }) => (licence === null ? [] : [licence])))
      return [...terms, ...[...licences].flatMap(documentsOf)]
    },
  }
}

function termsIn(path: string): Document {
  try {
    const text = readFileSync(path, 'utf8')
    return { name: 'terms', title: 'the terms of this server', link: null, text, version: digestOf(text) }
  } catch (error) {
    throw elpisError('config_invalid', {
      where: 'access.terms',
      problem: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      suggestion: 'Name a text file that this server may read.',
    })
  }
}

function documentsOf(name: string): Document[] {
  const { id, name: title, version, link, needsAcceptance } = licenceById(name)
  if (!needsAcceptance) return []
  const digest = digestOf(JSON.stringify([id, version, link]))
  return [{ name: `licence:${id}`, title, link, text: null, version: digest }]
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
