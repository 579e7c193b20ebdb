import { fileTypes } from '../gguf/format.ts'
import { readGguf } from '../gguf/read.ts'
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

/** What a model file says of itself. */
export async function describeWeights(
  path: string,
): Promise<{ readonly licence: Licence; readonly summary: Manifest['summary'] }> {
  const { metadata } = await readGguf(path)
  const text = (key: string) => {
    const value = metadata.get(key)
    return typeof value === 'string' && value !== '' ? printable(value) : null
  }
  const number = (key: string) => {
    const value = metadata.get(key)
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
  }
  const architecture = text('general.architecture')
  return {
    licence: statedLicence(
      text('general.license'),
      text('general.license.name'),
      text('general.license.link'),
    ),
    summary: {
      title: text('general.name'),
      parameters: text('general.size_label'),
      quantisation: fileTypes.get(number('general.file_type') ?? -1) ?? null,
      context: number(`${architecture}.context_length`),
      architecture,
    },
  }
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
