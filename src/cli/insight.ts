import { lookInsight, type InsightView } from '../api/monitoring/insight.ts'
import type { WayOn } from '../api/monitoring/ways-on.ts'
import { elpisError } from '../errors.ts'
import { defineCommand } from './command.ts'
import { performMonitoring } from './monitoring-client.ts'
import { momentOf } from './moment.ts'
import { table } from './table.ts'

export const insight = defineCommand({
  name: 'insight',
  summary: 'Show what many people ask alike, what rises, and campaigns, without reading anybody.',
  details:
    'From fingerprints and verdicts alone. Nothing is told that fewer than k people share (insight.least_people).',
  examples: ['elpis insight', 'elpis insight --since 24h --k 10 --json'],
  options: {
    since: { type: 'string', value: 'TIME', description: 'Such as 24h or 7d. Default 7d.' },
    k: { type: 'string', value: 'PEOPLE', description: 'Fewest people of anything that is told. Default 5.' },
  },
  async run({ options, config, json, terminal }) {
    const now = Date.now()
    const hours = Math.ceil((now - momentOf('--since', options.since ?? '7d', now)) / 3_600_000)
    const k = Number(options.k ?? 5)
    if (!Number.isInteger(k) || k < 2) {
      throw elpisError('usage', {
        problem: `--k ${options.k} is no number of people.`,
        suggestion: 'It is 2 or more.',
      })
    }
    const found = await performMonitoring(config(), lookInsight, { hours: Math.max(1, hours), k })
    terminal.print(json ? JSON.stringify(found) : textOf(found))
  },
})

function textOf({ questions, k, clusters, hazards }: InsightView): string {
  const lines = [`${questions} questions; nothing is told that fewer than ${k} people share.`]
  if (hazards.length > 0) {
    const rows = hazards.map(({ hazard, people, questions: asked, blocked, before, sudden }) => [
      hazard,
      String(people),
      String(asked),
      String(blocked),
      String(before),
      sudden ? 'sudden' : '',
    ])
    lines.push('', table([['HAZARD', 'PEOPLE', 'QUESTIONS', 'BLOCKED', 'BEFORE', ''], ...rows], [1, 2, 3, 4]))
  }
  if (clusters.length > 0) {
    const rows = clusters.map(({ id, kind, people, questions: asked, blocked, hazards: found, trend }) => [
      id,
      kind,
      String(people),
      String(asked),
      String(blocked),
      trend === null ? 'new' : `× ${trend.toFixed(1)}`,
      Object.keys(found).join(' '),
    ])
    const head = ['CLUSTER', 'KIND', 'PEOPLE', 'QUESTIONS', 'BLOCKED', 'TREND', 'HAZARDS']
    lines.push('', table([head, ...rows], [2, 3, 4, 5]))
  }
  const ways = [
    ...hazards.map(({ hazard, next }) => [hazard, next] as const),
    ...clusters.map(({ id, next }) => [id, next] as const),
  ].filter(([, next]) => next.length > 0)
  for (const [name, next] of ways.slice(0, mostShown)) lines.push('', `${name}:`, ...next.flatMap(linesOf))
  if (ways.length > mostShown) lines.push('', `\`--json\` has the others.`)
  return lines.join('\n')
}

/** Of so many it is said what can be done about them. */
const mostShown = 10

function linesOf({ do: what, how, file }: WayOn): string[] {
  const text = file?.trimEnd().split('\n') ?? []
  return [`  ${what}: ${how}`, ...text.map((line) => `    ${line}`.trimEnd())]
}
