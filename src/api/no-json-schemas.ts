import type { FastifyServerOptions } from 'fastify'

function none(): never {
  throw new Error('Bodies are read by the schemas of `parse.ts`; Fastify’s own are not loaded.')
}

/** Option of Fastify: without its compilers of JSON schemas, which no route of ours has and every start would load. */
export const noJsonSchemas: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: none, buildSerializer: none },
}
