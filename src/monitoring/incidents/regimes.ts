/**
 * The clocks of three laws, from the moment in which whoever runs the server discovered an incident (SB 53), determined
 * it or had reason to believe it (RAISE), or became aware of it (AI Act). Not legal advice: whether a law applies to you,
 * and whether something is an incident in its sense, is yours to decide. Sources: `docs/guides/incidents.md`.
 */

const hour = 3_600_000
const day = 24 * hour

export interface Regime {
  readonly law: string
  readonly when: string
  readonly to: string
  /** Milliseconds from discovery. */
  readonly within: number
}

export const regimes = {
  sb53: {
    law: 'California SB 53, Business and Professions Code § 22757.13 (c)(1)',
    when: 'a critical safety incident of a frontier model',
    to: 'Office of Emergency Services of California',
    within: 15 * day,
  },
  'sb53-imminent': {
    law: 'California SB 53, Business and Professions Code § 22757.13 (c)(2)',
    when: 'it poses an imminent risk of death or serious physical injury',
    to: 'an authority with jurisdiction, such as law enforcement',
    within: 24 * hour,
  },
  raise: {
    law: 'New York RAISE Act, General Business Law § 1422',
    when: 'a critical safety incident of a frontier model',
    to: 'the office at the Department of Financial Services of New York',
    within: 72 * hour,
  },
  'raise-imminent': {
    law: 'New York RAISE Act, General Business Law § 1422',
    when: 'it poses an imminent risk of death or serious physical injury',
    to: 'law enforcement or a public safety agency',
    within: 24 * hour,
  },
  'eu-73': {
    law: 'Regulation (EU) 2024/1689, Article 73 (2)',
    when: 'a serious incident of a high-risk AI system',
    to: 'the market surveillance authority of the Member State in which it occurred',
    within: 15 * day,
  },
  'eu-73-death': {
    law: 'Regulation (EU) 2024/1689, Article 73 (4)',
    when: 'a person died',
    to: 'the market surveillance authority of the Member State in which it occurred',
    within: 10 * day,
  },
  'eu-73-critical': {
    law: 'Regulation (EU) 2024/1689, Article 73 (3)',
    when: 'a widespread infringement, or a serious and irreversible disruption of critical infrastructure',
    to: 'the market surveillance authority of the Member State in which it occurred',
    within: 2 * day,
  },
} as const satisfies Record<string, Regime>

export type RegimeName = keyof typeof regimes
export const regimeNames = Object.keys(regimes) as RegimeName[]
