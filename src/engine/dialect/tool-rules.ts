/** What the arguments of tools may be, as rules; the same tools come again with every turn, so grammars are kept. */
import { createHash } from 'node:crypto'
import type { Tool } from '../../core/request.ts'
import type { Grammar, Rule } from '../grammar/grammar.ts'
import { anyObjectRules, schemaRules, UnsupportedSchema } from '../grammar/json-schema.ts'
import { literal } from '../grammar/rules.ts'
import type { ToolRule } from './dialect.ts'

/** The schema of a tool that a grammar cannot be made of. */
export class UnsupportedTool extends Error {
  constructor(tool: string, { pointer, problem }: Pick<UnsupportedSchema, 'pointer' | 'problem'>) {
    super(`the parameters of "${tool}": ${pointer === '' ? 'the schema' : pointer} ${problem}`)
  }
}

/** Letters of all schemas that one request is held to: making rules of more would hold up everybody else. */
const mostLetters = 250_000
const mostKept = 500
/** One for all tools that are not held to a schema. */
const anyObject = anyObjectRules('any-')
const kept = new Map<string, Grammar>()

/**
 * Arguments are held to the schema where that was asked for; where it would only be better, and cannot be, any object
 * will do.
 *
 * @param mustCall every tool is held to its schema that can be.
 * @throws {UnsupportedTool} for a strict one that cannot.
 */
export function toolRules(
  tools: readonly Tool[],
  mustCall: boolean,
): { readonly tools: readonly ToolRule[]; readonly rules: Grammar['rules'] } {
  const rules: Record<string, Rule> = {}
  let letters = 0
  const found = tools.map((tool, index): ToolRule => {
    const { parameters, strict } = tool
    if (parameters === null) return { tool, arguments: literal('{}') }
    const text = strict || mustCall ? JSON.stringify(parameters) : null
    letters += text?.length ?? 0
    const grammar = text === null ? anyObject : argumentsGrammar(tool, text, `tool${index}-`, letters)
    Object.assign(rules, grammar.rules)
    return { tool, arguments: grammar.root }
  })
  return { tools: found, rules }
}

/** @param letters of this schema and those of the tools before it. */
function argumentsGrammar(
  { name, parameters, strict }: Tool,
  text: string,
  prefix: string,
  letters: number,
): Grammar {
  const refusal = (error: Pick<UnsupportedSchema, 'pointer' | 'problem'>): Grammar => {
    if (strict) throw new UnsupportedTool(name, error)
    return anyObject
  }
  if (letters > mostLetters)
    return refusal({ pointer: '', problem: 'is too long, together with other tools' })
  const key = createHash('sha256').update(prefix).update(text).digest('base64')
  try {
    const grammar = kept.get(key) ?? schemaRules(parameters!, prefix)
    // Taken out and put back in: the oldest stands first.
    kept.delete(key)
    kept.set(key, grammar)
    for (const oldest of kept.keys()) {
      if (kept.size <= mostKept) break
      kept.delete(oldest)
    }
    return grammar
  } catch (error) {
    if (!(error instanceof UnsupportedSchema)) throw error
    return refusal(error)
  }
}
