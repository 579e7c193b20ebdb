import { acceptDocument, listAcceptances } from '../api/access/acceptances.ts'
import type { Config } from '../config.ts'
import { elpisError } from '../errors.ts'
import { performAccess } from './access-client.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { plainText } from './plain-text.ts'
import { shownTime } from '../core/shown-time.ts'
import { table } from './table.ts'

const list = defineCommand({
  name: 'list',
  summary: 'List licences and terms of the running server, and which of them its owner has accepted.',
  examples: ['elpis licences list'],
  async run({ config, json, terminal }) {
    const found = await performAccess(config(), listAcceptances, {})
    if (json) terminal.print(JSON.stringify(found))
    else if (found.documents.length === 0) terminal.note('There is nothing to accept.')
    else {
      const rows = found.documents.map(({ document, title, link, accepted_at, version }) => [
        document,
        title,
        link ?? '',
        version.slice(0, 12),
        accepted_at === null ? 'no' : shownTime(accepted_at),
      ])
      terminal.print(table([['DOCUMENT', 'TITLE', 'LINK', 'VERSION', 'ACCEPTED'], ...rows]))
    }
  },
})

const show = defineCommand({
  name: 'show',
  summary: 'Print the text of a licence or of the terms.',
  usage: 'DOCUMENT',
  examples: ['elpis licences show terms'],
  positionals: [1, 1],
  async run({ positionals: [document = ''], config, json, terminal }) {
    const found = await documentsNamed(config(), document)
    if (json) return terminal.print(JSON.stringify({ documents: found }))
    for (const { title, version, text, link } of found) {
      terminal.note(`${title}, version ${version}`)
      terminal.print(
        text === null
          ? `Its text is not here; read it at ${link ?? 'the page of the model'}.`
          : plainText(text),
      )
    }
  },
})

const accept = defineCommand({
  name: 'accept',
  summary: 'Accept one as the owner of the running server. People and keys accept for themselves.',
  usage: 'DOCUMENT',
  details:
    'People and keys do it by POST /v1/me/acceptances, with the document and the version that they have read.',
  examples: ['elpis licences accept licence:llama3.1', 'elpis licences accept terms'],
  positionals: [1, 1],
  async run({ positionals: [document = ''], config, json, terminal }) {
    for (const { version } of await documentsNamed(config(), document)) {
      const done = await performAccess(config(), acceptDocument, { document, version })
      terminal.print(json ? JSON.stringify(done) : `Accepted: ${done.title}.`)
    }
  },
})

/** Two where models have one licence in two versions. @throws `document_not_found` */
async function documentsNamed(config: Config, document: string) {
  const { documents } = await performAccess(config, listAcceptances, {})
  const found = documents.filter((one) => one.document === document)
  if (found.length === 0) throw elpisError('document_not_found', { document: document.slice(0, 200) })
  return found
}

export const licences: CommandGroup = {
  name: 'licences',
  summary: 'List, show and accept licences of models and the terms of this server.',
  commands: [list, show, accept],
}
