import type { Hazard } from '../../core/verdict.ts'
import { chanceOf, conversation, type GuardModel } from './guard-model.ts'

const categories: Readonly<Record<string, Hazard | 'attack'>> = {
  Violent: 'S1',
  'Non-violent Illegal Acts': 'S2',
  'Sexual Content or Sexual Acts': 'S12',
  PII: 'S7',
  'Suicide & Self-Harm': 'S11',
  'Unethical Acts': 'S10',
  'Politically Sensitive Topics': 'S13',
  'Copyright Violation': 'S8',
  Jailbreak: 'attack',
}

/**
 * Qwen3Guard-Gen: its chat template holds the task; it answers `Safety: Safe|Controversial|Unsafe` and `Categories: …`
 * (Qwen3Guard technical report, 2025). `Controversial` counts half.
 */
export const qwen3Guard: GuardModel = {
  name: 'qwen3-guard',
  tokens: 40,
  prompts: (passage) => [conversation(passage)],
  read([answer = { text: '', tokens: [] }]) {
    const controversial = /Safety:\s*Controversial/i.test(answer.text)
    const harm = controversial ? 0.5 : chanceOf(answer, { not: 'safe', is: 'unsafe', after: 'Safety:' })
    const found = Object.entries(categories).filter(([name]) => answer.text.includes(name))
    return {
      harm,
      attack: found.some(([, hazard]) => hazard === 'attack') ? Math.max(0.9, harm) : 0,
      hazards: Object.fromEntries(
        found.filter(([, it]) => it !== 'attack').map(([, hazard]) => [hazard, harm]),
      ),
    }
  },
}
