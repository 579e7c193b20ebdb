import type { Direction, GuardAction, Hazard } from '../../core/verdict.ts'
import { sourceOf, viewsOf, type View } from '../normalise/views.ts'
import type { Policy } from '../policy/policy.ts'
import type { Detector, Span } from './finding.ts'

/** One place in a text that a rule of a policy is about. */
export interface RuleHit extends Span {
  readonly rule: string
  /** As the replacement names it. */
  readonly what: string
  readonly action: GuardAction
  readonly hazard: Hazard | null
  /** In which view of the text it was found. */
  readonly view: string
}

/**
 * Everything that the rules of a policy find in a text and its views, those of its allow-list left out. What is found in
 * a view stands in the original where that view was made from.
 *
 * @param final no more text will follow
 */
export function applyRules(
  text: string,
  { policy, direction, final }: { policy: Policy; direction: Direction; final: boolean },
  views: readonly View[] = viewsOf(text).views,
): RuleHit[] {
  if (policy.compiled.length === 0) return []
  const hits: RuleHit[] = []
  for (const view of views) {
    const original = view.name === 'text'
    const texts = original ? readings(view.text) : [view.text]
    const exempt = [...(policy.exempt?.find(view.text, true) ?? [])]
    for (const { rule, hazard, detectors } of policy.compiled) {
      const action = rule[direction]
      if (action === 'allow') continue
      // Numbers and keys are found as they are written. What reads like one only after the text was changed is none.
      if (view.rewritten.length > 0 && (rule.kind === 'personal-data' || rule.kind === 'secrets')) continue
      for (const detector of detectors) {
        for (const span of found(detector, texts, final || !original)) {
          if (exempt.some(({ start, end }) => start <= span.start && span.end <= end)) continue
          const { start, end } = sourceOf(view, span.start, span.end)
          hits.push({ rule: rule.name, what: detector.name, action, hazard, view: view.name, start, end })
        }
      }
    }
  }
  return hits
}

/** Where the first thing begins that more text could complete to what a rule is about; the length when nothing has. */
export function openRuleFrom(text: string, policy: Policy, direction: Direction): number {
  const texts = readings(text)
  let open = text.length
  for (const { rule, detectors } of policy.compiled) {
    if (rule[direction] === 'allow') continue
    for (const detector of detectors)
      for (const reading of texts) open = Math.min(open, detector.openFrom(reading))
  }
  return open
}

/**
 * A text, and where it holds escapes of white space as JSON and code write them, the same with blanks in their place: the
 * letter of `\n` is none of the word or the number behind it. Offsets are the same in both.
 */
function readings(text: string): readonly string[] {
  if (!/\\[bfnrt]/u.test(text)) return [text]
  return [text, text.replaceAll(/\\([\\bfnrt])/gu, (escape, letter) => (letter === '\\' ? escape : '  '))]
}

/** What a detector finds in several readings of one text, each place once. */
function found(detector: Detector, texts: readonly string[], final: boolean): Span[] {
  const spans = texts.map((text) => [...detector.find(text, final)])
  const [first = [], ...others] = spans
  const known = new Set(first.map(({ start, end }) => `${start} ${end}`))
  return [...first, ...others.flat().filter(({ start, end }) => !known.has(`${start} ${end}`))]
}
