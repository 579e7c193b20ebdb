import { existsSync } from 'node:fs'
import { Client } from 'undici'
import type { z } from 'zod'
import type { KeyInfo, NewKey } from '../../access/access.ts'
import type { KeyWish } from '../../access/minting.ts'
import { elpisError, errorTable, Fault, UserError, type ElpisError, type ErrorCode } from '../../errors.ts'
import type { Moment } from '../../monitoring/live.ts'
import { moment } from '../monitoring/moment.ts'
import {
  madeInvitationSchema,
  type invitationWish,
  type MadeInvitation,
} from '../sign-in/invitation-routes.ts'
import {
  adapterNames,
  failure,
  keyInfo,
  keyList,
  newKey,
  serverStatus,
  signInLink,
  type ServerStatus,
  type SignInUrl,
} from './protocol.ts'
import { controlSocketPath, securePath } from './socket-path.ts'

/** A running server, seen from the CLI. Methods throw what the server would have thrown. */
export interface ControlClient {
  readonly status: ServerStatus
  createKey(name: string, wish?: KeyWish): Promise<NewKey>
  listKeys(): Promise<readonly KeyInfo[]>
  revokeKey(which: string): Promise<KeyInfo>
  createSignInLink(): Promise<SignInUrl>
  /** Has the server look for adapters again. @returns those that it serves */
  refreshAdapters(): Promise<readonly string[]>
  /** Has the server do something about who is let in, as the owner of the machine. */
  access<Output extends z.ZodType>(
    operation: { readonly name: string; readonly output: Output },
    input: unknown,
  ): Promise<z.output<Output>>
  /** Has the server make a link that lets somebody in once. */
  invite(wish: z.input<typeof invitationWish>): Promise<MadeInvitation>
  /** Has the server do something about standing, as the owner of `key`, or of the machine when it is null. */
  standing<Output extends z.ZodType>(
    operation: { readonly name: string; readonly output: Output },
    input: unknown,
    key: string | null,
  ): Promise<z.output<Output>>
  /** Has the server do something about incidents, or look for what many people ask alike. */
  monitoring<Output extends z.ZodType>(
    operation: { readonly name: string; readonly output: Output },
    input: unknown,
  ): Promise<z.output<Output>>
  /** Has the server hand out what leaves as a file, to the owner of `key`, or of the machine when it is null. */
  export<Output extends z.ZodType>(
    operation: { readonly name: string; readonly output: Output },
    input: unknown,
    key: string | null,
  ): Promise<z.output<Output>>
  /** How things stand now. */
  live(): Promise<Moment>
  close(): Promise<void>
}

const answerMilliseconds = 10_000

/** The server that runs on this home, or null when there is none. */
export async function connectControl(home: string): Promise<ControlClient | null> {
  if (!existsSync(home)) return null
  const path = controlSocketPath(home)
  if (!existsSync(path)) return null
  securePath(path, home)
  const door = new Door(path)
  try {
    const status = await door.get('/status', serverStatus)
    return {
      status,
      createKey: (name, wish = {}) => door.post('/keys', { name, ...wish }, newKey),
      access: ({ name, output }, input) => door.post(`/access/${name}`, input as object, output),
      listKeys: async () => (await door.get('/keys', keyList)).keys,
      revokeKey: (key) => door.post('/keys/revoke', { key }, keyInfo),
      refreshAdapters: async () => (await door.post('/adapters/refresh', {}, adapterNames)).adapters,
      createSignInLink: () => door.post('/sign-in-links', {}, signInLink),
      invite: (wish) => door.post('/sign-in/invite', wish, madeInvitationSchema),
      standing: ({ name, output }, input, key) =>
        door.post(`/standing/${name}`, input as object, output, actingBy(key)),
      monitoring: ({ name, output }, input) => door.post(`/monitoring/${name}`, input as object, output),
      export: ({ name, output }, input, key) =>
        door.post(`/export/${name}`, input as object, output, actingBy(key)),
      live: () => door.get('/live', moment),
      close: () => door.close(),
    }
  } catch (error) {
    await door.close()
    // A socket without a server behind it: one that was killed.
    if (error instanceof NobodyThere) return null
    throw error
  }
}

function actingBy(key: string | null): Readonly<Record<string, string>> {
  return key === null ? {} : { 'x-elpis-key': key }
}

class NobodyThere extends Error {}

/** Requests over the socket. */
class Door {
  readonly #path: string
  readonly #client: Client

  constructor(path: string) {
    this.#path = path
    this.#client = new Client('http://localhost', {
      socketPath: path,
      headersTimeout: answerMilliseconds,
      bodyTimeout: answerMilliseconds,
    })
  }

  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#ask({ path, method: 'GET' }, schema)
  }

  post<Schema extends z.ZodType>(
    path: string,
    body: object,
    schema: Schema,
    more: Readonly<Record<string, string>> = {},
  ): Promise<z.output<Schema>> {
    const headers = { 'content-type': 'application/json', ...more }
    return this.#ask({ path, method: 'POST', headers, body: JSON.stringify(body) }, schema)
  }

  async close(): Promise<void> {
    await this.#client.destroy()
  }

  async #ask<Schema extends z.ZodType>(
    request: Parameters<Client['request']>[0],
    schema: Schema,
  ): Promise<z.output<Schema>> {
    let status: number
    let body: unknown
    try {
      const answer = await this.#client.request(request)
      status = answer.statusCode
      body = await answer.body.json()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ECONNREFUSED' || code === 'ENOENT') throw new NobodyThere()
      throw this.#failed(message)
    }
    if (status !== 200) throw this.#refusal(body)
    const parsed = schema.safeParse(body)
    if (!parsed.success) throw this.#failed('its answer has another shape')
    return parsed.data
  }

  /** The server's own error, as if it had been thrown here. */
  #refusal(body: unknown): ElpisError {
    const parsed = failure.safeParse(body)
    if (!parsed.success || !Object.hasOwn(errorTable, parsed.data.error.code)) {
      return this.#failed('it refused without a reason')
    }
    const { code, message, hint } = parsed.data.error
    const kind = errorTable[code as ErrorCode].blame === 'user' ? UserError : Fault
    return Object.assign(new kind(code as ErrorCode, {}), { message, hint })
  }

  #failed(reason: string): ElpisError {
    return elpisError('control_failed', { socket: this.#path, reason })
  }
}
