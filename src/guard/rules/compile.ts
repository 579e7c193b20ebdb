import type { Hazard } from '../../core/verdict.ts'
import type { Rule } from '../policy/schema.ts'
import type { Detector } from './finding.ts'
import { keywords } from './keywords.ts'
import { patternDetector } from './pattern.ts'
import { personalData } from './personal-data.ts'
import { secrets } from './secrets.ts'

/** A rule of a policy with what looks for it. */
export interface CompiledRule {
  readonly rule: Rule
  readonly hazard: Hazard | null
  readonly detectors: readonly Detector[]
}

/** @throws SyntaxError for a pattern that is none */
export function compileRules(rules: readonly Rule[]): CompiledRule[] {
  return rules.map((rule) => {
    switch (rule.kind) {
      case 'keywords':
        return { rule, hazard: rule.hazard ?? null, detectors: [keywords(rule.name, rule.words)] }
      case 'pattern': {
        const { pattern, literal = null, longest } = rule
        const detectors = [patternDetector(rule.name, { pattern, literal, longest })]
        return { rule, hazard: rule.hazard ?? null, detectors }
      }
      case 'personal-data':
        return { rule, hazard: 'S7', detectors: personalData }
      case 'secrets':
        return { rule, hazard: 'S7', detectors: secrets }
      default:
        return rule satisfies never
    }
  })
}
