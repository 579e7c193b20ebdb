import { contentVersion, readToml } from '../../core/toml-file.ts'
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
  /** See `contentVersion`. */
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
  const text = readToml(toml, ruleSetSchema, (problem) => elpisError('rules_invalid', { file, problem }))
  const version = contentVersion(text)
  const rules = text.rules.map((rule) => ({ ...rule, id: `rule:${text.name}/${rule.name}`, version }))
  return { ...text, version, rules }
}
