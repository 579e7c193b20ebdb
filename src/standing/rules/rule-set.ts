import { createHash } from 'node:crypto'
import { parse, TomlError } from 'smol-toml'
import { elpisError } from '../../errors.ts'
import { ruleSetSchema, type RuleSetText, type RuleText } from './schema.ts'

/** One rule, and how events and evidence name it. */
export interface Rule extends RuleText {
  /** `rule:SET/NAME`: the same over all versions, so that a changed rule does not count the same again. */
  readonly id: string
  /** `SET@` and a digest. */
  readonly version: string
}

/** A file of rules, ready to be applied. */
export interface RuleSet extends Omit<RuleSetText, 'rules'> {
  /** `name@` and the first 12 hex digits of the SHA-256 over its content, defaults included. */
  readonly version: string
  readonly rules: readonly Rule[]
}

/**
 * Reads a file of rules.
 *
 * @param file how errors name it
 * @throws `rules_invalid` that says where and why
 */
export function readRules(toml: string, file: string): RuleSet {
  const text = parsed(toml, file)
  const digest = createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 12)
  const version = `${text.name}@${digest}`
  const rules = text.rules.map((rule) => ({ ...rule, id: `rule:${text.name}/${rule.name}`, version }))
  return { ...text, version, rules }
}

function parsed(toml: string, file: string): RuleSetText {
  let values: unknown
  try {
    values = parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const problem = `line ${error.line}: ${error.message.split('\n')[0] ?? 'it is not TOML'}`
    throw elpisError('rules_invalid', { file, problem })
  }
  const result = ruleSetSchema.safeParse(values)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const problem = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`
  throw elpisError('rules_invalid', { file, problem })
}
