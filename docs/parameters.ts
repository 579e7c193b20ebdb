/** The page of all parameters of all doors, from the schemas that requests are checked with. */
import { z } from 'zod'
import { routesOf } from '../src/api/app.ts'
import type { Route } from '../src/api/route.ts'

/** How fields begin that are taken and change nothing. */
const withoutEffect = 'Accepted without effect'

/** What fields mean that mean the same at every route of the operator's API; a schema's own description comes first. */
const meanings: Readonly<Record<string, string>> = {
  name: 'What it is called.',
  email: 'E-mail address of the person.',
  role: '`owner`, `admin`, `reviewer`, `auditor` or `member`; never above that of who asks.',
  limits:
    'What the key may do: scopes, endpoints, models, adapters, networks, rate. Never more than its minter may.',
  service: 'A key with two secrets, so that one can be replaced while the other works.',
  expires_at: 'Epoch milliseconds after which it does not work; null: never.',
  document: 'The document that is accepted, as `GET /v1/me/acceptances` names it.',
  version: 'The version of it, as named there.',
  meter: 'What is counted, such as `requests` or `output_tokens`.',
  rung: 'The step of the ladder.',
  hazard: 'The hazard that it is about, such as `S2`.',
  severity: 'From 0 to 1.',
  review: 'The id of the review.',
  outcome: 'What was decided.',
}

interface Row {
  readonly name: string
  readonly text: string
}

/** One section a door: closed lists, for whatever is in none of them is a 400. */
export function parameterSections(): string[] {
  return doors().flatMap(sectionOf)
}

function sectionOf({ method, path, summary, body, upload }: Route): string[] {
  const fields = fieldsOf(body ?? upload)
  if (fields.length === 0) return []
  const refused = fields.flatMap(([name, field]) => refusalOf(name, field))
  const taken = fields
    .filter(([, field]) => field.meta()?.['unsupported'] === undefined)
    .map(([name, field]) => ({ name, text: field.description ?? meanings[name] ?? '' }))
  const [idle, used] = [taken.filter(hasNoEffect), taken.filter((row) => !hasNoEffect(row))]
  return [
    `## ${method} ${path}`,
    '',
    `${summary}.`,
    '',
    ...table('implemented', used),
    ...table(
      'accepted without effect',
      idle.map(({ name, text }) => ({ name, text: reasonOf(text) || 'it changes no answer.' })),
    ),
    ...table('refused (400), but for values that change nothing', refused),
  ]
}

/** The routes as they are, of a server that answers nothing: only their shapes are looked at. */
export function doors(): Route[] {
  const nothing = new Proxy({}, { get: () => () => [] })
  const parts = { stages: nothing, access: nothing, engine: nothing, kept: nothing, limits: nothing }
  const routes = routesOf({ ...parts, version: '', now: () => 0 } as unknown as Parameters<
    typeof routesOf
  >[0])
  return routes.filter(({ path }) => /^\/(v1|api)\//.test(path))
}

export function fieldsOf(schema: z.ZodType | undefined): [string, z.ZodType][] {
  if (schema instanceof z.ZodPipe)
    return [...fieldsOf(schema.in as z.ZodType), ...fieldsOf(schema.out as z.ZodType)]
  return schema instanceof z.ZodObject ? Object.entries(schema.shape as Record<string, z.ZodType>) : []
}

function hasNoEffect({ text }: Row): boolean {
  return text.startsWith(withoutEffect)
}

function reasonOf(text: string): string {
  return text.slice(withoutEffect.length).replace(/^[:.]\s*/, '')
}

function refusalOf(name: string, field: z.ZodType): Row[] {
  const reason = field.meta()?.['unsupported']
  return typeof reason === 'string' ? [{ name, text: `${reason}. Fine: ${neutralValues(field)}.` }] : []
}

/** The values that a refused parameter may have all the same. */
function neutralValues(field: z.ZodType): string {
  interface Shape {
    anyOf?: Shape[]
    const?: unknown
    enum?: unknown[]
    type?: string
    maxItems?: number
    items?: Shape
  }
  const values = (shape: Shape): unknown[] => {
    if (shape.anyOf !== undefined) return shape.anyOf.flatMap(values)
    if (shape.enum !== undefined) return shape.enum
    if ('const' in shape) return [shape.const]
    if (shape.type === 'null') return [null]
    return shape.type === 'array' ? [shape.maxItems === 0 ? [] : values(shape.items ?? {})] : []
  }
  const all = values(z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as Shape)
  return [...new Set(all.map((value) => `\`${JSON.stringify(value)}\``))].join(', ')
}

function table(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return []
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  return [
    `| ${title} | |`,
    '|---|---|',
    ...rows.map(({ name, text }) => `| \`${name}\` | ${cell(text)} |`),
    '',
  ]
}
