import { createHash } from 'node:crypto'
import { parse, TomlError } from 'smol-toml'
import { elpisError } from '../../errors.ts'
import { compileRules, type CompiledRule } from '../rules/compile.ts'
import type { Detector } from '../rules/finding.ts'
import { keywords } from '../rules/keywords.ts'
import { policySchema, type PolicyText } from './schema.ts'

/** A policy, ready to be applied. */
export interface Policy extends PolicyText {
  /** `name@` and the first 12 hex digits of the SHA-256 over its content, defaults included: the same rules, the same version. */
  readonly version: string
  readonly compiled: readonly CompiledRule[]
  /** What no rule is about; null when there is nothing. */
  readonly exempt: Detector | null
}

/**
 * Reads a policy.
 *
 * @param file how errors name it
 * @throws `policy_invalid` that says where and why
 */
export function readPolicy(toml: string, file: string): Policy {
  let values: unknown
  try {
    values = parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const problem = `line ${error.line}: ${error.message.split('\n')[0] ?? 'it is not TOML'}`
    throw elpisError('policy_invalid', { file, problem })
  }
  const parsed = policySchema.safeParse(values)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const problem = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`
    throw elpisError('policy_invalid', { file, problem })
  }
  const text = parsed.data
  try {
    return {
      ...text,
      version: `${text.name}@${createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 12)}`,
      compiled: compileRules(text.rules),
      exempt: text.allow.length === 0 ? null : keywords('allowed', text.allow),
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw elpisError('policy_invalid', { file, problem: error.message })
  }
}
