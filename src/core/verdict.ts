/** What a guard says of a text, and what standing is told of it. */
import type { EndUser, EntryId, KeyId, OrganisationId, PersonId, RequestId } from './ids.ts'

/** MLCommons AILuminate hazards S1–S14 as Llama Guard 3 numbers them, and three of our own. */
export const hazards = {
  S1: 'Violent crimes',
  S2: 'Non-violent crimes',
  S3: 'Sex-related crimes',
  S4: 'Child sexual exploitation',
  S5: 'Defamation',
  S6: 'Specialised advice',
  S7: 'Privacy',
  S8: 'Intellectual property',
  S9: 'Indiscriminate weapons',
  S10: 'Hate',
  S11: 'Suicide and self-harm',
  S12: 'Sexual content',
  S13: 'Elections',
  S14: 'Code interpreter abuse',
  cyber: 'Offensive cyber operations',
  influence: 'Influence operations',
  impersonation: 'Impersonation',
} as const

export type Hazard = keyof typeof hazards

/** `input`: what was asked. `output`: what the model says. */
export type Direction = 'input' | 'output'

/** How sure a layer is, calibrated, 0 to 1. */
export interface Scores {
  /** Harm of any kind. */
  readonly harm: number
  /** An attempt to get past the rules (jailbreak, injection), whatever it is for. */
  readonly attack: number
  readonly hazards: Readonly<Partial<Record<Hazard, number>>>
}

/** What is done about a verdict, from the mildest. `review` blocks nothing and goes to a human. */
export type GuardAction = 'allow' | 'flag' | 'review' | 'redact' | 'block'

/** A guard that throws, hangs or is not there says `unavailable`, never `allow`. */
export interface Verdict {
  readonly outcome: 'allow' | 'block' | 'unavailable'
  readonly action: GuardAction
  readonly direction: Direction
  readonly hazards: readonly Hazard[]
  readonly scores: Scores | null
  /** Which layer decided: `rules`, `screen`, `judge`, the name of a guard model, `probe`. */
  readonly layer: string
  /** The policy that was applied, as `name@version`. */
  readonly policy: string
  /** What whoever asked is told, where the policy says it in its own words. */
  readonly notice?: string
}

/** Who did something, as far as is known. */
export interface Subject {
  readonly organisationId: OrganisationId
  readonly personId: PersonId | null
  readonly keyId: KeyId | null
  readonly endUser: EndUser | null
  /** The address that it came from; null when it is not known or not to be believed. */
  readonly network: string | null
}

/** One thing that standing is told. */
export interface Signal {
  readonly at: number
  readonly subject: Subject
  readonly source: 'guard' | 'rule' | 'reviewer' | 'webhook'
  readonly direction: Direction
  readonly hazard: Hazard | 'attack' | 'other'
  /** 0 to 1. */
  readonly severity: number
  /** Whether the subject wrote it: what a document, a tool or the model said costs nobody their standing. */
  readonly attributable: boolean
  readonly requestId: RequestId | null
  readonly entryId: EntryId | null
  /** The policy wants a person to look at it; it costs nobody anything by itself. */
  readonly forReview?: boolean
  /** Of what was asked: 16 hex digits that differ in few bits where texts are alike. Says nothing of the text itself. */
  readonly fingerprint?: string
}
