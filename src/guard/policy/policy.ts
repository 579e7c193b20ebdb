import { contentVersion, readToml } from '../../core/toml-file.ts'
import { elpisError } from '../../errors.ts'
import { compileRules, type CompiledRule } from '../rules/compile.ts'
import type { Detector } from '../rules/finding.ts'
import { keywords } from '../rules/keywords.ts'
import { policySchema, type PolicyText } from './schema.ts'

/** A policy, ready to be applied. */
export interface Policy extends PolicyText {
  /** See `contentVersion`: the same rules, the same version. */
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
  const refused = (problem: string) => elpisError('policy_invalid', { file, problem })
  const text = readToml(toml, policySchema, refused)
  try {
    return {
      ...text,
      version: contentVersion(text),
      compiled: compileRules(text.rules),
      exempt: text.allow.length === 0 ? null : keywords('allowed', text.allow),
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw refused(error.message)
  }
}
