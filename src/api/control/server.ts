/** The operator's door: whoever may open the socket (this user) may do everything, without a key. */
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { signInUrl, type Access } from '../../access/access.ts'
import { asElpisError, elpisError, type ElpisError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { noJsonSchemas } from '../no-json-schemas.ts'
import { parseBody } from '../parse.ts'
import { connectControl } from './client.ts'
import { lockHome } from './home-lock.ts'
import { createKeyBody, revokeKeyBody, type ServerStatus } from './protocol.ts'
import { controlSocketPath, securePath } from './socket-path.ts'

interface ControlParts {
  readonly home: string
  readonly access: Access
  /** Asked anew for every answer. */
  readonly status: () => ServerStatus
  /** Looks for adapters again; left out where there can be none. @returns the names of all */
  readonly refreshAdapters?: () => Promise<readonly string[]>
  readonly log?: Log
  /** Doors of other stages on the same socket. */
  readonly more?: readonly ((app: FastifyInstance) => void)[]
}

export interface Control {
  /** Where the socket lies. */
  readonly path: string
  /** Closes the door and gives the home back. */
  close(): Promise<void>
}

/**
 * Takes the lock of the home and opens `control.sock` (0600). To be called before anything heavy is started.
 *
 * @throws `home_in_use` when another server has the home.
 */
export async function startControl(parts: ControlParts): Promise<Control> {
  const unlock = lockHome(parts.home)
  if (unlock === null) throw await inUse(parts.home)
  const app = routes(parts)
  const path = controlSocketPath(parts.home)
  try {
    securePath(path, parts.home)
    await listen(app, path)
  } catch (error) {
    await app.close()
    unlock()
    throw error
  }
  let closed: Promise<void> | null = null
  const close = async () => {
    await app.close()
    // Still under the lock: the socket of the next server cannot lie there yet.
    await rm(path, { force: true })
    unlock()
  }
  return { path, close: () => (closed ??= close()) }
}

function routes({ access, status, refreshAdapters, log, more = [] }: ControlParts): FastifyInstance {
  const app = fastify({
    bodyLimit: 16_384,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    schemaController: noJsonSchemas,
  })

  app.route({ method: 'GET', url: '/status', handler: () => status() })
  app.route({ method: 'GET', url: '/keys', handler: async () => ({ keys: await access.listKeys() }) })
  app.route({
    method: 'POST',
    url: '/keys',
    handler: async (request) => {
      const { name, ...wish } = parseBody(createKeyBody, request.body)
      const key = await access.createKey(name, wish)
      log?.('info', 'key created', { id: key.id, name: key.name })
      return key
    },
  })
  app.route({
    method: 'POST',
    url: '/keys/revoke',
    handler: async (request) => {
      const key = await access.revokeKey(parseBody(revokeKeyBody, request.body).key)
      log?.('info', 'key revoked', { id: key.id, name: key.name })
      return key
    },
  })
  app.route({
    method: 'POST',
    url: '/adapters/refresh',
    handler: async () => {
      const adapters = (await refreshAdapters?.()) ?? []
      log?.('info', 'adapters looked for', { adapters: adapters.join(', ') })
      return { adapters }
    },
  })
  app.route({
    method: 'POST',
    url: '/sign-in-links',
    handler: async () => {
      const { address } = status()
      if (address === null) throw elpisError('server_starting')
      const { token, expiresAt } = await access.createSignInLink()
      return { url: signInUrl(address, token), expiresAt }
    },
  })

  for (const add of more) add(app)

  app.setNotFoundHandler((request, reply) => {
    const { method, url: path } = request
    return send(elpisError('not_found', { method, path }), reply)
  })
  app.setErrorHandler((thrown: Error & { statusCode?: number }, _request, reply) => {
    const { statusCode = 500, message } = thrown
    const refused = statusCode >= 400 && statusCode < 500 && !('hint' in thrown)
    const error = refused ? elpisError('invalid_request', { problem: message }) : asElpisError(thrown)
    if (error.status >= 500) log?.('error', 'control request failed', { reason: message })
    return send(error, reply)
  })
  return app
}

function send(
  { code, message, hint, status }: ElpisError,
  reply: { code(status: number): { send(body: unknown): unknown } },
) {
  return reply.code(status).send({ error: { code, message, hint } })
}

/**
 * Binds in a private folder and then moves the socket into place: nobody can reach it before its permissions are right,
 * and one that a dead server left behind is replaced. The caller holds the lock, so no living one is.
 */
async function listen(app: FastifyInstance, path: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), '.c-'))
  try {
    const temporary = join(folder, 's')
    await app.listen({ path: temporary })
    await chmod(temporary, 0o600)
    await rename(temporary, path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function inUse(home: string): Promise<ElpisError> {
  const other = await connectControl(home).catch(() => null)
  await other?.close()
  const { pid, address } = other?.status ?? { pid: 'unknown', address: null }
  return elpisError('home_in_use', {
    holder: `process ${pid}${address === null ? '' : `, ${address}`}`,
    home,
  })
}
