import { z } from 'zod'
import type { AnswerSpec, Route } from './route.ts'

/** The OpenAPI 3.1 document of these routes: its schemas are the ones that requests are checked with. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.documentedPath ?? route.path.replaceAll(/:(\w+)/g, '{$1}')
    ;(paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, path)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Elpis',
      version,
      description: 'Open-weight models over an OpenAI-compatible API.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        session: { type: 'apiKey', in: 'cookie', name: 'elpis_session' },
      },
    },
  }
}

function operationOf(route: Route, path: string): object {
  const { method, summary, body, upload, answers, needs } = route
  const parameters = [...pathParameters(path), ...queryParameters(route)]
  const [type, accepted] = upload === undefined ? ['application/json', body] : ['multipart/form-data', upload]
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-z0-9]+(\w?)/gi, (_all, next: string) => next.toUpperCase())}`,
    summary,
    security: needs === 'nothing' ? [] : [{ bearer: [] }, { apiKey: [] }, { session: [] }],
    'x-permission': needs,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(accepted === undefined
      ? {}
      : { requestBody: { required: true, content: { [type]: { schema: jsonSchema(accepted, 'input') } } } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, spec]) => [status, responseOf(spec)]),
    ),
  }
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Route): object[] {
  if (!(query instanceof z.ZodObject)) return []
  return Object.entries(query.shape as Record<string, z.ZodType>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: jsonSchema(schema, 'input'),
  }))
}

function responseOf({ description, schema, events, lines }: AnswerSpec): object {
  const content = {
    ...(schema === undefined ? {} : { 'application/json': { schema: jsonSchema(schema, 'output') } }),
    ...(events === undefined ? {} : { 'text/event-stream': { schema: jsonSchema(events, 'output') } }),
    ...(lines === undefined ? {} : { 'application/x-ndjson': { schema: jsonSchema(lines, 'output') } }),
  }
  return {
    description,
    headers: { 'x-request-id': { schema: { type: 'string' } } },
    ...(Object.keys(content).length === 0 ? {} : { content }),
  }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' })
  return rest
}
