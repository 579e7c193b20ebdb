/** The transparency log as it is served: https://c2sp.org/tlog-tiles below `/log`, and receipts. */
import { z } from 'zod'
import type { EntryId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import { parseTilePath } from '../../audit/tile.ts'
import type { PublicLog } from '../../audit/public-log.ts'
import type { Receipts } from '../../audit/receipts.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

export interface LogDoor {
  readonly log: PublicLog
  readonly receipts: Pick<Receipts, 'of'>
  readonly whose: Whose
}

const octets = 'application/octet-stream'
const plainText = 'text/plain; charset=utf-8'

export function logRoutes({ log, receipts, whose }: LogDoor): Route[] {
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
    handle: async ({ rest, reply }) => await reply.type(octets).send(await tileOf(`entries/${rest}`, log)),
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
  return [checkpoint, key, bundle, tile, receipt]
}

/** @throws `not_found` */
async function tileOf(path: string, log: PublicLog): Promise<Buffer> {
  const name = parseTilePath(path)
  const bytes = name === null ? null : await log.tile(name)
  if (bytes === null) throw elpisError('not_found', { method: 'GET', path: '/log/tile/…' })
  return bytes
}
