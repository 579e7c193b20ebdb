import { acceptDocument, listAcceptances } from '../api/access/acceptances.ts'
import { elpisError } from '../errors.ts'
import { performAccess } from './access-client.ts'
import { defineCommand, type CommandGroup } from './command.ts'
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
        accepted_at ?? 'no',
      ])
      terminal.print(table([['DOCUMENT', 'TITLE', 'LINK', 'VERSION', 'ACCEPTED'], ...rows]))
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
    const { documents } = await performAccess(config(), listAcceptances, {})
    const found = documents.find((one) => one.document === document)
    if (found === undefined) throw elpisError('document_not_found', { document: document.slice(0, 200) })
    const done = await performAccess(config(), acceptDocument, { document, version: found.version })
    terminal.print(json ? JSON.stringify(done) : `Accepted: ${done.title}.`)
  },
})

export const licences: CommandGroup = {
  name: 'licences',
  summary: 'List and accept licences of models and the terms of this server.',
  commands: [list, accept],
}
