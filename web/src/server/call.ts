import { z } from '../schema.ts'
import { ProblemError, problemFromResponse, unreachable, unreadable } from './problem.ts'

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/**
 * A success of our own server.
 *
 * @throws ProblemError for everything else.
 * @throws DOMException (`AbortError`) when `signal` is aborted.
 */
export async function call(path: string, { method = 'GET', body, signal }: Call = {}): Promise<Response> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    // A redirect would lead somewhere that this page never meant to talk to.
    redirect: 'error',
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause
    throw new ProblemError(unreachable, cause)
  })
  if (!response.ok) throw new ProblemError(await problemFromResponse(response))
  return response
}

/** The body of a success, checked against its schema. */
export async function callFor<Schema extends z.core.$ZodType>(
  schema: Schema,
  path: string,
  options?: Call,
): Promise<z.output<Schema>> {
  const response = await call(path, options)
  const body: unknown = await response.json().catch(() => null)
  const parsed = z.safeParse(schema, body)
  if (!parsed.success) throw new ProblemError(unreadable, parsed.error)
  return parsed.data
}
