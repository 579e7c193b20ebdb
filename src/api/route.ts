import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import type { Permission } from '../access/permissions.ts'
import type { ErrorWriter } from './error-body.ts'
import type { Exchange } from './exchange.ts'

/** What a route may answer with, for the OpenAPI document. */
export interface AnswerSpec {
  readonly description: string
  readonly schema?: z.ZodType
  /** A stream of server-sent events whose data has this schema. */
  readonly events?: z.ZodType
  /** A stream of lines of JSON, each of this schema. */
  readonly lines?: z.ZodType
}

/** One route as a value: registered, guarded and documented from the same place. */
export interface Route<Body extends z.ZodType = z.ZodType, Query extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As Fastify has it, such as `/v1/models/*`. */
  readonly path: string
  /** As OpenAPI has it, where that differs, such as `/v1/models/{model}`. */
  readonly documentedPath?: string
  readonly summary: string
  /** What whoever asks must be permitted, looked at before the body is read; `nothing` lets strangers in. */
  readonly needs: Permission | 'nothing'
  /** Also for those who are suspended or banned: where they read why, and appeal. */
  readonly evenBarred?: boolean
  readonly body?: Body
  /** The body is signed: `handle` gets its bytes, and reads them once it has checked them. */
  readonly signed?: boolean
  /** What may stand behind the `?`. Anything goes, and is ignored, when left out. */
  readonly query?: Query
  /** The body is `multipart/form-data` of this shape, which `handle` reads from `incoming` as it arrives. */
  readonly upload?: z.ZodType
  /** How errors of this route are written; as OpenAI has them when left out. */
  readonly errors?: ErrorWriter
  readonly answers: Readonly<Record<number, AnswerSpec>>
  /** Returns the body of the answer; or answers by itself through `reply` and returns it. */
  handle(call: Call<z.output<Body>, z.output<Query>>): Promise<unknown>
}

export interface Call<Body, Query = unknown> {
  readonly exchange: Exchange
  readonly body: Body
  readonly query: Query
  readonly reply: FastifyReply
  /** What the wildcard of the path stood for; empty without one. */
  readonly rest: string
  /** What the `:names` of the path stood for. */
  readonly names: Readonly<Record<string, string>>
  readonly incoming: IncomingMessage
  /** Of a signed body; empty for all others. */
  readonly bytes: Buffer
}

/** Keeps the type of the body for `handle`; forgets it for the table of routes. */
export function defineRoute<Body extends z.ZodType, Query extends z.ZodType>(
  route: Route<Body, Query>,
): Route {
  return route as unknown as Route
}
