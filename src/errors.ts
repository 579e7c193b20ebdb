/**
 * Every error that a user can meet, in one table: its code, whose fault it is, its HTTP status, its exit code and what
 * to do about it. `docs/reference/errors.md` is generated from here.
 *
 * Exit codes: 1 our fault · 2 wrong usage · 3 not found · 4 refused · 5 something out there is unreachable or busy ·
 * 6 what was received is not what was promised.
 */

interface ErrorRow {
  /** `user`: whoever asked can mend it. `fault`: we, or the machine, are at fault. */
  readonly blame: 'user' | 'fault'
  readonly status: number
  readonly exit: number
  /** `{name}` is filled in from the details. */
  readonly message: string
  readonly hint: string
}

const table = {
  // Configuration and command line
  usage: { blame: 'user', status: 400, exit: 2, message: '{problem}', hint: '{suggestion}' },
  config_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '{where}: {problem}',
    hint: '{suggestion}',
  },

  // Edge
  invalid_request: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '{problem}',
    hint: 'See /openapi.json for the shape of every request.',
  },
  unsupported_parameter: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The parameter "{parameter}" is not supported here and would change the answer: {reason}.',
    hint: 'Leave it out, or see /openapi.json for what is supported.',
  },
  not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no {method} {path} here.',
    hint: 'See /openapi.json for all routes.',
  },
  body_too_large: {
    blame: 'user',
    status: 413,
    exit: 2,
    message: 'The body is larger than {limit} bytes.',
    hint: 'Send less, or raise limits.body_bytes.',
  },
  unsupported_media_type: {
    blame: 'user',
    status: 415,
    exit: 2,
    message: 'The content type "{type}" cannot be read here.',
    hint: 'Send application/json, uncompressed.',
  },
  host_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'This server does not answer for the host "{host}".',
    hint: 'Add it to server.allowed_hosts if it is yours (this check stops DNS rebinding).',
  },
  origin_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Requests from the web page {origin} are not accepted.',
    hint: 'Add the origin to server.allowed_origins if it is yours.',
  },

  // Access
  key_missing: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'No API key was given.',
    hint: 'Send it as "Authorization: Bearer KEY". `elpis keys create --name NAME` makes one.',
  },
  key_invalid: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This API key or session is not valid.',
    hint: 'It may be revoked or mistyped. `elpis keys create --name NAME` makes a new one.',
  },
  key_revoked: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'Access was revoked while the answer was being made.',
    hint: 'Ask whoever runs this server.',
  },
  key_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no key "{key}".',
    hint: '`elpis keys list` shows all keys.',
  },

  // Engine
  model_not_served: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'The model "{model}" is not served here.',
    hint: 'GET /v1/models lists what is. `elpis serve --model NAME` serves another.',
  },
  context_exceeded: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The prompt has {prompt} tokens, but the context of this model has {context}.',
    hint: 'Send less, or raise engine.context.',
  },
  template_failed: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: "The model's chat template refused this conversation: {reason}",
    hint: 'Check the order and the roles of the messages.',
  },
  overloaded: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'Too many requests are waiting ({queued}).',
    hint: 'Try again in a moment.',
  },
  shutting_down: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'This server is shutting down.',
    hint: 'Try again in a moment.',
  },
  model_not_ready: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The model "{model}" is {state}.',
    hint: 'Try again in a moment; GET /ready says when it is there.',
  },
  engine_failed: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'The engine stopped while answering: {reason}',
    hint: 'It is being restarted. Ask again.',
  },
  internal: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'Something went wrong here.',
    hint: 'The log of the server says more, under the request id.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof table

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never
type DetailsOf<Code extends ErrorCode> = Record<
  Placeholders<(typeof table)[Code]['message'] | (typeof table)[Code]['hint']>,
  string | number
>
/** The details that a code's message and hint name: an error cannot be made with one missing. */
export type ErrorArguments<Code extends ErrorCode> = keyof DetailsOf<Code> extends never
  ? []
  : [details: DetailsOf<Code>]

/** Rows of the table, for the docs. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = table

/** Any failure that is shown to somebody. `UserError` and `Fault` tell whose it is. */
export abstract class ElpisError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly status: number
  readonly exit: number
  /** The request's field that is wrong, as the client wrote it. */
  param: string | null = null
  /** Seconds after which another try makes sense. */
  retryAfter: number | null = null

  constructor(code: ErrorCode, details: Record<string, string | number>, cause?: unknown) {
    const row = errorTable[code]
    super(fill(row.message, details), cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.hint = fill(row.hint, details)
    this.status = row.status
    this.exit = row.exit
  }
}

/** Whoever asked can mend it. */
export class UserError extends ElpisError {}
/** We or the machine are at fault. */
export class Fault extends ElpisError {}

/** The error of the table under `code`, with the details that its text names. */
export function elpisError<Code extends ErrorCode>(
  code: Code,
  ...[details]: ErrorArguments<Code>
): ElpisError {
  const kind = errorTable[code].blame === 'user' ? UserError : Fault
  return new kind(code, details ?? {})
}

/** `error` itself when it is ours, else an `internal` fault that keeps it as its cause. */
export function asElpisError(error: unknown): ElpisError {
  return error instanceof ElpisError ? error : new Fault('internal', {}, error)
}

function fill(text: string, details: Record<string, string | number>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole))
}
