import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import type { Exchange } from './exchange.ts'

/** What a route may answer with, for the OpenAPI document. */
export interface AnswerSpec {
  readonly description: string
  readonly schema?: z.ZodType
  /** A stream of server-sent events whose data has this schema. */
  readonly events?: z.ZodType
}

/** One route as a value: registered, guarded and documented from the same place. */
export interface Route<Body extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As Fastify has it, such as `/v1/models/*`. */
  readonly path: string
  /** As OpenAPI has it, where that differs, such as `/v1/models/{model}`. */
  readonly documentedPath?: string
  readonly summary: string
  /** Refused without valid credentials, before the body is read. */
  readonly needsKey: boolean
  readonly body?: Body
  readonly answers: Readonly<Record<number, AnswerSpec>>
  /** Returns the body of the answer; or answers by itself through `reply` and returns it. */
  handle(call: Call<z.output<Body>>): Promise<unknown>
}

export interface Call<Body> {
  readonly exchange: Exchange
  readonly body: Body
  readonly reply: FastifyReply
  /** What the wildcard of the path stood for; empty without one. */
  readonly rest: string
}

/** Keeps the type of the body for `handle`; forgets it for the table of routes. */
export function defineRoute<Body extends z.ZodType>(route: Route<Body>): Route {
  return route as unknown as Route
}
