import { describeModel } from '../gguf/describe.ts'
import type { Gguf } from '../gguf/read.ts'
import { licenceById, type Licence } from '../licence.ts'
import type { Manifest } from '../manifest.ts'
import { printable } from '../names.ts'

const notStated: Licence = {
  id: 'not-stated',
  name: 'no licence stated',
  version: null,
  link: null,
  needsAcceptance: false,
}

/** What a model says of itself, as far as its record keeps it. */
export function describeForRecord(model: Gguf): {
  readonly licence: Licence
  readonly summary: Manifest['summary']
} {
  const { architecture, name, licence, quantisation, trainedContextTokens } = describeModel(model)
  const size = model.metadata.get('general.size_label')
  return {
    licence: statedLicence(shown(licence.id), shown(licence.name), licence.link),
    summary: {
      title: shown(name),
      parameters: typeof size === 'string' ? shown(size) : null,
      quantisation,
      context: trainedContextTokens,
      architecture: shown(architecture),
    },
  }
}

function shown(text: string | null): string | null {
  return text === null ? null : printable(text)
}

/** `other` is how model cards say that the name and link count. */
function statedLicence(id: string | null, name: string | null, link: string | null): Licence {
  if (id === null && name === null) return notStated
  const known = licenceById(id === null || id.toLowerCase() === 'other' ? (name ?? 'other') : id)
  return {
    ...known,
    name: known.link === null && name !== null ? name : known.name,
    link: known.link ?? webLink(link),
  }
}

function webLink(link: string | null): string | null {
  return link !== null && /^https:\/\/[^\s]+$/.test(link) ? link : null
}
