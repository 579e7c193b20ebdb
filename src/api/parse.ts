import { z } from 'zod'
import { nearest } from '../core/nearest.ts'
import { elpisError, type ElpisError } from '../errors.ts'

/**
 * A parameter of the protocol that this server cannot honour. Its neutral values, which change nothing, are accepted;
 * any other is refused with the reason, for leaving it out silently would answer another question than was asked.
 */
export function neutralOnly<Schema extends z.ZodType>(schema: Schema, reason: string) {
  return schema
    .nullish()
    .describe(`Not supported yet: ${reason}. Only values that change nothing are accepted.`)
    .meta({ unsupported: reason })
}

/** A parameter that is taken because it changes no answer; why, stands in the docs. */
export function withoutEffect<Schema extends z.ZodType>(schema: Schema, why: string) {
  return schema.nullish().describe(`Accepted without effect: ${why}.`)
}

/**
 * What a client sent, as `schema` has it.
 *
 * @throws `invalid_request`, `unknown_parameter` or `unsupported_parameter`, with `param` set.
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw errorOf(schema, parsed.error.issues)
}

/** `invalid_request` about one field. */
export function invalid(param: string, problem: string): ElpisError {
  const error = elpisError('invalid_request', { problem: `${param}: ${problem}` })
  error.param = param
  return error
}

function errorOf(schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): ElpisError {
  const issue = deepest(issues)
  if (issue === null) return elpisError('invalid_request', { problem: 'The body is not what is expected.' })
  const param = written(issue.path)
  const reason = unsupportedReason(schema, issue.path)
  if (reason !== null) {
    const error = elpisError('unsupported_parameter', { parameter: param, reason })
    error.param = param
    return error
  }
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    const parameter = written([...issue.path, key])
    const guess = nearest(key, namesAt(schema, issue.path))
    const error = elpisError('unknown_parameter', {
      parameter,
      suggestion: guess === null ? 'See /openapi.json for all parameters.' : `Did you mean "${guess}"?`,
    })
    error.param = parameter
    return error
  }
  if (param === '') return elpisError('invalid_request', { problem: `The body: ${issue.message}` })
  const missing =
    issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('undefined')
  return invalid(param, missing ? 'is missing' : issue.message)
}

/** In a union, the issue of the branch that got furthest says most. */
function deepest(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): z.core.$ZodIssue | null {
  let best: z.core.$ZodIssue | null = null
  for (const issue of issues) {
    const path = [...prefix, ...issue.path]
    const branches = issue.code === 'invalid_union' ? issue.errors : []
    const inner = branches
      .map((branch) => deepest(branch, path))
      .reduce<z.core.$ZodIssue | null>((left, right) => (depth(right) > depth(left) ? right : left), null)
    const candidate = inner !== null && depth(inner) > path.length ? inner : { ...issue, path }
    if (best === null || depth(candidate) > depth(best)) best = candidate
  }
  return best
}

function depth(issue: z.core.$ZodIssue | null): number {
  return issue === null ? -1 : issue.path.length
}

/** `messages[0].content`, as OpenAI writes it. */
function written(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step).slice(0, 100)}`,
    )
    .join('')
}

function unsupportedReason(schema: z.ZodType, path: readonly PropertyKey[]): string | null {
  const field =
    schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>)[String(path[0])] : null
  const reason = field?.meta()?.['unsupported']
  return typeof reason === 'string' ? reason : null
}

function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return path.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}
