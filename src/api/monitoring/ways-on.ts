/** What can be done about what insight found: rules over behaviour, policies and incidents, each with the command that does it. */
import { z } from 'zod'
import { hazards as hazardNames } from '../../core/verdict.ts'
import type { Findings } from '../../monitoring/insight/insight.ts'

export const wayOn = z.object({
  do: z.enum(['rule', 'policy', 'incident']),
  how: z.string(),
  file: z
    .string()
    .nullable()
    .describe('For `POST /v1/admin/rules/check` and `dry-run` as it is: a file of rules over behaviour.'),
})
export type WayOn = z.output<typeof wayOn>

/** Behind a campaign are those whose questions were stopped; a person looks at each of them. */
export function afterCampaign(
  { id, hazards, attacks, entries }: Findings['clusters'][number],
  hours: number,
): WayOn[] {
  const found = [...hazardsOf(hazards), ...(attacks > 0 ? ['attack'] : [])]
  const evidence = entries.slice(0, 3).map((entry) => ` --evidence ${entry}`)
  return [
    rule('Put whoever takes part on the desk of a reviewer', {
      name: nameOf(id),
      signal: guardSignal(found, { ownWords: true }),
      within: windowOf(hours),
      atLeast: 1,
      action: '{ do = "review", propose = "warned" }',
    }),
    {
      do: 'incident',
      how: `elpis incident new --title "Jailbreak campaign"${evidence.join('')}`,
      file: null,
    },
  ]
}

/** Most topics are harmless: what is worth a look is a rush, or what the guard noted of it. */
export function afterTopic({ id, hazards }: Findings['clusters'][number], hours: number): WayOn[] {
  const found = hazardsOf(hazards)
  const common = { name: nameOf(id), action: '{ do = "case" }' }
  if (found.length > 0) return [noted({ ...common, found, hours }), policy()]
  return [
    rule('Open a case of whoever suddenly asks much more than usual', {
      ...common,
      signal: '{ kind = "volume", times = 10 }',
      within: '1h',
      atLeast: 1000,
    }),
  ]
}

/** Nothing where it goes on as before. */
export function afterHazard({ hazard, sudden }: Findings['hazards'][number], hours: number): WayOn[] {
  if (!sudden) return []
  const name = `hazard-${hazard.toLowerCase()}`
  return [noted({ name, action: '{ do = "case" }', found: hazardsOf({ [hazard]: 1 }), hours }), policy()]
}

function noted({
  found,
  hours,
  ...given
}: {
  found: string[]
  hours: number
  name: string
  action: string
}): WayOn {
  return rule('Open a case of whoever the guard notes for it', {
    ...given,
    signal: guardSignal(found, { ownWords: false }),
    within: windowOf(hours),
    atLeast: 1,
  })
}

function policy(): WayOn {
  const how =
    'Have the guard act on it: copy `elpis guard policies show standard`, change its hazards, try it on past traffic with `elpis guard dry-run NAME`.'
  return { do: 'policy', how, file: null }
}

interface RuleWords {
  readonly name: string
  readonly signal: string
  readonly within: string
  readonly atLeast: number
  readonly action: string
}

function rule(what: string, { name, signal, within, atLeast, action }: RuleWords): WayOn {
  const file = `name = "insight"
summary = "What insight found."

[[rules]]
name = "${name}"
summary = "${what}."
signal = ${signal}
within = "${within}"
at_least = ${atLeast}
action = ${action}
`
  const tried = '`elpis standing rules dry-run FILE --since 7d` says whom it would have found'
  return { do: 'rule', how: `${what}: ${tried}; in $ELPIS_HOME/rules it holds.`, file }
}

/** Over the given hazards, or all; what is only noted is in nobody's own words as far as strikes go. */
function guardSignal(found: readonly string[], { ownWords }: { readonly ownWords: boolean }): string {
  const only = found.length === 0 ? '' : `, hazards = ${JSON.stringify(found)}`
  return `{ kind = "guard"${only}${ownWords ? '' : ', own_words = false'} }`
}

function hazardsOf(counts: Readonly<Record<string, number>>): string[] {
  return Object.keys(counts).filter((hazard) => Object.hasOwn(hazardNames, hazard))
}

function nameOf(id: string): string {
  return id.replaceAll('_', '-').slice(0, 40)
}

/** As rules have it: 90 days at most. */
function windowOf(hours: number): string {
  return `${Math.min(hours, 90 * 24)}h`
}
