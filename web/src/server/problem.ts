import { z } from '../schema.ts'

/** What went wrong and what to do about it, ready to be shown. Kept with the answer that it ended. */
export const problemSchema = z.object({
  /** The server's stable code, or one of ours: `unreachable`, `connection_lost`, `unreadable`. */
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  status: z.nullable(z.number()),
  /** Seconds after which another try makes sense. */
  retryAfterSeconds: z.nullable(z.number()),
  requestId: z.nullable(z.string()),
})

export type Problem = z.infer<typeof problemSchema>

/** Carries a `Problem` through places that can only throw. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem, cause?: unknown) {
    super(problem.message, cause === undefined ? undefined : { cause })
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** The body of every error of the server: OpenAI's shape, with a hint. */
const errorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.optional(z.nullable(z.string())),
    code: z.optional(z.nullable(z.string())),
    hint: z.optional(z.nullable(z.string())),
    request_id: z.optional(z.nullable(z.string())),
  }),
})

/** The problem that an error body describes, or null when it is none. */
export function problemFromBody(body: unknown, status: number | null): Problem | null {
  const parsed = z.safeParse(errorBody, body)
  if (!parsed.success) return null
  const { message, type, code, hint, request_id } = parsed.data.error
  return {
    code: code ?? 'unknown',
    message,
    hint: hint ?? '',
    // In the middle of a stream there is no status any more, but the family of the error says who it is about.
    status: status ?? (type === 'authentication_error' ? 401 : null),
    retryAfterSeconds: null,
    requestId: request_id ?? null,
  }
}

/** The problem that a response other than a success describes. */
export async function problemFromResponse(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null)
  const told = problemFromBody(body, response.status)
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    ...(told ?? {
      code: 'unreadable',
      message: `The server answered with status ${response.status}, and nothing that this page can read.`,
      hint: 'Is something between this page and Elpis, such as a proxy? Its log may say more.',
      status: response.status,
      requestId: response.headers.get('x-request-id'),
    }),
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  }
}

export const unreachable: Problem = {
  code: 'unreachable',
  message: 'The server cannot be reached.',
  hint: 'Is `elpis serve` still running, and this device online?',
  status: null,
  retryAfterSeconds: null,
  requestId: null,
}

export const connectionLost: Problem = {
  code: 'connection_lost',
  message: 'The connection ended before the answer did.',
  hint: 'What had arrived is kept. Try again for a whole answer.',
  status: null,
  retryAfterSeconds: null,
  requestId: null,
}

export const unreadable: Problem = {
  code: 'unreadable',
  message: 'The server sent something that this page cannot read.',
  hint: 'Reload the page: it may be older than the server.',
  status: null,
  retryAfterSeconds: null,
  requestId: null,
}

/** Whatever was thrown, as something to show. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem
  // `fetch` rejects with a TypeError when there is no connection.
  return thrown instanceof TypeError ? unreachable : unreadable
}
