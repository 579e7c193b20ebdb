/** The transparency log as it is served: https://c2sp.org/tlog-tiles below `/log`, and receipts. */
import { z } from 'zod'
import type { EntryId } from '../../core/ids.ts'
import { homeOrganisation } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import type { LogView } from '../../audit/log-view.ts'
import { parseTilePath } from '../../audit/tile.ts'
import { answerFile } from '../../audit/answer-record.ts'
import type { Answers } from '../../audit/answers.ts'
import type { Contents } from '../../audit/contents.ts'
import { statementSchema, type Transparency } from '../../audit/transparency.ts'
import type { PublicLog } from '../../audit/public-log.ts'
import type { Receipts } from '../../audit/receipts.ts'
import { errorBody } from '../error-body.ts'
import { noticeRoutes } from './notice-routes.ts'
import { viewRoutes } from './view-routes.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

export interface LogDoor {
  readonly log: PublicLog
  readonly view: LogView
  readonly receipts: Pick<Receipts, 'of'>
  readonly contents: Pick<Contents, 'read' | 'notices' | 'unseen' | 'see'>
  readonly answers: Pick<Answers, 'of'>
  readonly transparency: Transparency
  readonly whose: Whose
}

const octets = 'application/octet-stream'
const plainText = 'text/plain; charset=utf-8'
const sizeText = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number')
  .transform(Number)

/** The routes of the log, and those to receipts, answers, kept content, notices and the report on transparency. */
export function logRoutes(door: LogDoor): Route[] {
  const { log, receipts, contents, answers, whose } = door
  const checkpoint = defineRoute({
    method: 'GET',
    path: '/log/checkpoint',
    summary: 'The last signed checkpoint of the transparency log',
    needs: 'nothing',
    answers: { 200: { description: 'A checkpoint, as c2sp.org/tlog-checkpoint has it.' } },
    handle: async ({ reply }) => await reply.type(plainText).send(await log.checkpoint()),
  })
  const key = defineRoute({
    method: 'GET',
    path: '/log/key',
    summary: 'The public key of the transparency log',
    needs: 'nothing',
    answers: { 200: { description: 'A verifier key, as c2sp.org/signed-note has it.' } },
    handle: async ({ reply }) => await reply.type(plainText).send(`${await log.verifierKey()}\n`),
  })
  const tile = defineRoute({
    method: 'GET',
    path: '/log/tile/*',
    documentedPath: '/log/tile/{tile}',
    summary: 'One tile of the transparency log',
    needs: 'nothing',
    answers: {
      200: { description: 'Hashes, as c2sp.org/tlog-tiles has them. They never change.' },
      404: { description: 'The log has no such tile.', schema: errorBody },
    },
    async handle({ rest, reply }) {
      const bytes = await tileOf(rest, log)
      reply.header('cache-control', 'public, max-age=31536000, immutable')
      return await reply.type(octets).send(bytes)
    },
  })
  const bundle = defineRoute({
    method: 'GET',
    path: '/log/tile/entries/*',
    documentedPath: '/log/tile/entries/{tile}',
    summary: 'A bundle of entries of the transparency log',
    needs: 'audit.read',
    answers: {
      200: { description: 'Entries, as c2sp.org/tlog-tiles has them. They never change.' },
      401: { description: 'No valid key.', schema: errorBody },
      403: { description: 'Entries are for auditors.', schema: errorBody },
      404: { description: 'The log has no such entries.', schema: errorBody },
    },
    async handle({ rest, reply, exchange }) {
      const { principal } = await whose(exchange.credentials)
      // A bundle holds what all organisations asked.
      if (principal.organisationId !== homeOrganisation) throw noTile()
      return await reply.type(octets).send(await tileOf(`entries/${rest}`, log))
    },
  })
  const receipt = defineRoute({
    method: 'GET',
    path: '/v1/receipts/:id',
    documentedPath: '/v1/receipts/{id}',
    summary: 'Prove that an answer is in the transparency log',
    needs: 'self',
    answers: {
      200: {
        description:
          'A proof, as c2sp.org/tlog-proof has it; `elpis audit verify receipt` checks it offline.',
        schema: z.string(),
      },
      401: { description: 'No valid key.', schema: errorBody },
      404: { description: 'No receipt of yours has this id.', schema: errorBody },
      409: { description: 'The answer is not over.', schema: errorBody },
    },
    async handle({ names, exchange, reply }) {
      const { principal } = await whose(exchange.credentials)
      return await reply.type(plainText).send(await receipts.of((names['id'] ?? '') as EntryId, principal))
    },
  })
  const answer = defineRoute({
    method: 'GET',
    path: '/v1/answers/:id',
    documentedPath: '/v1/answers/{id}',
    summary: 'Everything that determined an answer, with its receipt',
    needs: 'self',
    answers: {
      200: { description: '`elpis verify answer` checks it offline.', schema: answerFile },
      401: { description: 'No valid key.', schema: errorBody },
      404: { description: 'No answer of yours has this id, or it was not kept.', schema: errorBody },
      409: { description: 'The answer is not over.', schema: errorBody },
    },
    async handle({ names, exchange }) {
      const { principal } = await whose(exchange.credentials)
      return await answers.of((names['id'] ?? '') as EntryId, principal)
    },
  })
  const grown = defineRoute({
    method: 'GET',
    path: '/log/consistency',
    summary: 'Prove that the transparency log only grew',
    needs: 'nothing',
    query: z.object({ old: sizeText.describe('Size of the tree that one knows.') }),
    answers: {
      200: {
        description: 'The last checkpoint, and the proof from the old tree to it (RFC 6962, 2.1.2).',
        schema: z.object({ checkpoint: z.string(), proof: z.array(z.string()) }),
      },
      400: { description: 'That is no size.', schema: errorBody },
    },
    async handle({ query, reply }) {
      reply.header('cache-control', 'no-store')
      const { checkpoint, proof } = await log.grownFrom(query.old)
      return { checkpoint, proof: proof.map((hash) => Buffer.from(hash).toString('base64')) }
    },
  })
  const content = defineRoute({
    method: 'GET',
    path: '/v1/content/:id',
    documentedPath: '/v1/content/{id}',
    summary:
      'Read what somebody of your organisation asked and was answered; it is logged, and they are told',
    needs: 'content.read',
    query: z.object({ reason: z.string().max(1000) }),
    answers: {
      200: { description: 'Prompt, settings and output.', schema: z.json() },
      403: { description: 'This needs a role.', schema: errorBody },
      404: { description: 'Nothing is kept, or another organisation asked it.', schema: errorBody },
    },
    async handle({ names, query, exchange, reply }) {
      const { principal, account } = await whose(exchange.credentials)
      const by = { id: principal.personId ?? account, organisation: principal.organisationId }
      const text = await contents.read((names['id'] ?? '') as EntryId, by, query.reason)
      return await reply.type('application/json').send(text)
    },
  })
  return [
    checkpoint,
    key,
    bundle,
    tile,
    grown,
    receipt,
    answer,
    ...statementRoutes(door),
    content,
    ...noticeRoutes(door),
    ...viewRoutes(door),
  ]
}

/** The statement: for browsers a page shows it, under the same address. */
function statementRoutes({ transparency }: Pick<LogDoor, 'transparency'>): Route[] {
  const answers = {
    200: {
      description: 'The statement, and the same as a signed note.',
      schema: z.object({ statement: statementSchema, note: z.string() }),
    },
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/log/transparency',
      summary: 'How this server is run, added up from its log and signed',
      needs: 'nothing',
      answers,
      handle: async () => await transparency.signed(),
    }),
    defineRoute({
      method: 'GET',
      path: '/transparency',
      summary: 'The same; a page to read for whoever accepts text/html',
      needs: 'nothing',
      answers,
      async handle({ incoming, reply }) {
        reply.header('vary', 'Accept, Origin')
        if ((incoming.headers.accept ?? '').includes('text/html')) return reply.callNotFound()
        return await transparency.signed()
      },
    }),
  ]
}

/** @throws `not_found` */
async function tileOf(path: string, log: PublicLog): Promise<Buffer> {
  const name = parseTilePath(path)
  const bytes = name === null ? null : await log.tile(name)
  if (bytes === null) throw noTile()
  return bytes
}

function noTile() {
  return elpisError('not_found', { method: 'GET', path: '/log/tile/…' })
}
