import { z } from 'zod'
import { errorBody } from '../../error-body.ts'
import { parseBody } from '../../parse.ts'
import { defineRoute, type Route } from '../../route.ts'
import type { KeptFiles } from '../../../kept/files.ts'
import type { StoredFile } from '../../../kept/store.ts'
import type { Whose } from '../../whose.ts'
import { listed, listOf, pageQuery } from '../list.ts'
import { receiveUpload } from './upload.ts'

const defaultSeconds = 30 * 86_400

const fields = z.strictObject({
  purpose: z
    .literal('batch', { error: 'must be "batch": files are used for batches only' })
    .describe('`batch`.'),
  'expires_after[anchor]': z
    .literal('created_at', { error: 'must be "created_at"' })
    .optional()
    .describe('`created_at`.'),
  'expires_after[seconds]': z
    .string()
    .regex(/^\d{1,8}$/, 'must be a number')
    .transform(Number)
    .pipe(z.int().min(3600).max(2_592_000))
    .optional()
    .describe('Default 30 days.'),
})
export const uploadForm = fields.extend({
  file: z.string().meta({ format: 'binary', description: 'Any bytes, as large as limits.file_bytes.' }),
})

const fileObject = z.object({
  id: z.string(),
  object: z.literal('file'),
  bytes: z.int(),
  created_at: z.int(),
  expires_at: z.int(),
  filename: z.string(),
  purpose: z.enum(['batch', 'batch_output']),
  status: z.literal('processed'),
})
const deletedFile = z.object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) })

const noKey = { description: 'No valid key.', schema: errorBody }
const notHere = { description: 'It is not here (any more).', schema: errorBody }

/** OpenAI's routes for files: leave, list, show, read and remove. */
export function fileRoutes({ files, whose }: { files: KeptFiles; whose: Whose }): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/files',
      summary: 'Leave a file here',
      needs: 'files',
      upload: uploadForm,
      answers: {
        200: { description: 'The file.', schema: fileObject },
        400: { description: 'The form is wrong.', schema: errorBody },
        401: noKey,
        413: { description: 'It is too large.', schema: errorBody },
        507: { description: 'There is no room for it.', schema: errorBody },
      },
      async handle({ exchange, incoming }) {
        const { account, subject } = await whose(exchange.credentials)
        const upload = await receiveUpload(incoming)
        const described = async () => {
          const form = parseBody(fields, await upload.fields)
          return { name: shown(upload.name), seconds: form['expires_after[seconds]'] ?? defaultSeconds }
        }
        return wireOf(await files.create({ account, subject }, upload.content, described))
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/files',
      summary: 'List the files of this key',
      needs: 'files',
      query: pageQuery.extend({ purpose: z.enum(['batch', 'batch_output']).optional() }),
      answers: { 200: { description: 'The files.', schema: listed(fileObject) }, 401: noKey, 404: notHere },
      async handle({ exchange, query: { after = null, limit, order, purpose = null } }) {
        const { account } = await whose(exchange.credentials)
        const page = { after, limit: limit + 1, order }
        return listOf((await files.list(account, page, purpose)).map(wireOf), limit)
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/files/:id',
      summary: 'Describe a file',
      needs: 'files',
      answers: { 200: { description: 'The file.', schema: fileObject }, 401: noKey, 404: notHere },
      handle: async ({ exchange, names }) =>
        wireOf(await files.find((await whose(exchange.credentials)).account, names['id'] ?? '')),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/files/:id/content',
      summary: 'Give a file back',
      needs: 'files',
      answers: { 200: { description: 'Its bytes.' }, 401: noKey, 404: notHere },
      async handle({ exchange, names, reply }) {
        const file = await files.find((await whose(exchange.credentials)).account, names['id'] ?? '')
        return await reply
          .headers({
            'content-length': file.bytes,
            'content-disposition': `attachment; filename="${file.id}.jsonl"`,
          })
          .type('application/octet-stream')
          .send(files.content(file))
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/files/:id',
      summary: 'Delete a file',
      needs: 'files',
      answers: {
        200: { description: 'It is gone.', schema: deletedFile },
        401: noKey,
        404: notHere,
        409: { description: 'A batch reads it.', schema: errorBody },
      },
      async handle({ exchange, names: { id = '' } }): Promise<z.infer<typeof deletedFile>> {
        await files.delete((await whose(exchange.credentials)).account, id)
        return { id, object: 'file', deleted: true }
      },
    }),
  ]
}

/** What a client calls its file, fit to be shown: no folders, nothing that cannot be seen. */
function shown(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const visible = last.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, '').trim()
  return visible.slice(0, 255).toWellFormed() || 'file'
}

function wireOf(file: StoredFile): z.infer<typeof fileObject> {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: Math.floor(file.createdAt / 1000),
    expires_at: Math.floor(file.expiresAt / 1000),
    filename: file.name,
    purpose: file.purpose,
    status: 'processed',
  }
}
