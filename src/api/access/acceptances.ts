/** Licences and terms, and what of them one has accepted. */
import { z } from 'zod'
import type { DocumentState } from '../../access/acceptances/acceptances.ts'
import { defineAccessOperation } from './operation.ts'

const documentView = z.object({
  document: z.string().describe('`terms`, or `licence:` and its short name.'),
  title: z.string(),
  link: z.string().nullable(),
  text: z.string().nullable().describe('Null where only the link is known here.'),
  version: z.string().describe('SHA-256 of the text, or of what is known of it.'),
  accepted_at: z.iso.datetime().nullable().describe('Null: not accepted in this version.'),
})

export const listAcceptances = defineAccessOperation({
  name: 'me.acceptances',
  summary: 'List licences and terms, and which of them one has accepted',
  method: 'GET',
  path: '/v1/me/acceptances',
  needs: 'self',
  input: z.strictObject({}),
  output: z.object({ documents: z.array(documentView) }),
  run: async ({ acceptances }, _input, by) => ({ documents: acceptances.list(by).map(viewOf) }),
})

export const acceptDocument = defineAccessOperation({
  name: 'me.acceptances.add',
  summary: 'Accept a licence or the terms, in the version that one has read',
  method: 'POST',
  path: '/v1/me/acceptances',
  needs: 'self',
  input: z.strictObject({ document: z.string().min(1).max(300), version: z.string().min(1).max(100) }),
  output: documentView,
  run: async ({ acceptances }, { document, version }, by) =>
    viewOf(await acceptances.accept(document, version, by)),
})

function viewOf({
  name,
  title,
  link,
  text,
  version,
  acceptedAt,
}: DocumentState): z.input<typeof documentView> {
  const accepted_at = acceptedAt === null ? null : new Date(acceptedAt).toISOString()
  return { document: name, title, link, text, version, accepted_at }
}
