/** Strings of a schema, as rules. */
import type { Rule } from './grammar.ts'
import { stringCharacter, stringOf } from './json-text.ts'
import { patternRule } from './pattern.ts'
import { UnreadablePattern } from './pattern-parser.ts'
import { never, repeat } from './rules.ts'
import type { Flat } from './schema-merging.ts'
import { stringFormats } from './string-formats.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

/** @throws UnsupportedSchema */
export function stringRule({ minLength = 0, maxLength, pattern, format }: Flat, pointer: string): Rule {
  if (maxLength !== undefined && maxLength < minLength) return never
  const lengths = { least: minLength, most: maxLength ?? null }
  const source = pattern ?? formatPattern(format, pointer)
  if (source === null) return stringOf(repeat(stringCharacter, lengths.least, lengths.most))
  if (pattern !== undefined && format !== undefined) {
    throw new UnsupportedSchema(
      pointer,
      'has "pattern" beside "format", which is not supported; keep one of them',
    )
  }
  try {
    return stringOf(patternRule(source, lengths))
  } catch (error) {
    if (error instanceof UnreadablePattern) {
      throw new UnsupportedSchema(
        pointer,
        `has a "${pattern === undefined ? 'format' : 'pattern'}" that ${error.message}`,
      )
    }
    throw error
  }
}

function formatPattern(format: string | undefined, pointer: string): string | null {
  if (format === undefined) return null
  const pattern = stringFormats.get(format)
  if (pattern === undefined) {
    const known = [...stringFormats.keys()].join(', ')
    throw new UnsupportedSchema(
      pointer,
      `has the "format" "${format.slice(0, 100)}", which is not supported; these are: ${known}`,
    )
  }
  return pattern
}
