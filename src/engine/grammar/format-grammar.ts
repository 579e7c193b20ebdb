/** The grammar that the text of an answer is held to, made of what a request asks for. */
import { createHash } from 'node:crypto'
import { RecentMap } from '../../core/recent-map.ts'
import type { JsonObject, Request } from '../../core/request.ts'
import { elpisError } from '../../errors.ts'
import type { Grammar } from './grammar.ts'
import { anyObjectRules, schemaRules } from './json-schema.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

/** Schemas whose grammars are kept; most clients ask for the same few again and again. */
const mostKept = 100
/** Letters of kept schemas in all. */
const mostKeptLetters = 10_000_000

/** Null when any text will do. @throws `unsupported_schema` */
export function grammarOf({ format }: Pick<Request, 'format'>): Grammar | null {
  switch (format.kind) {
    case 'text':
      return null
    case 'json-object':
      return anyObject
    case 'json-schema':
      return schemaGrammar(format.schema)
    default:
      return format satisfies never
  }
}

const anyObject = anyObjectRules('')
const kept = new RecentMap<string, { readonly grammar: Grammar; readonly letters: number }>({
  entries: mostKept,
  weight: mostKeptLetters,
  weightOf: ({ letters }) => letters,
})

function schemaGrammar(schema: JsonObject): Grammar {
  const text = JSON.stringify(schema)
  const digest = createHash('sha256').update(text).digest('base64')
  const known = kept.use(digest)
  if (known !== undefined) return known.grammar
  const grammar = compiled(schema)
  kept.set(digest, { grammar, letters: text.length })
  return grammar
}

function compiled(schema: JsonObject): Grammar {
  try {
    return schemaRules(schema, '')
  } catch (error) {
    if (!(error instanceof UnsupportedSchema)) throw error
    throw elpisError('unsupported_schema', { problem: error.message })
  }
}
