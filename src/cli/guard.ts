import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import { homeOrganisation } from '../core/principal.ts'
import { hazards as hazardNames } from '../core/verdict.ts'
import { elpisError } from '../errors.ts'
import { readLabelled, UnreadableLabels, type Labelled } from '../guard/labelled.ts'
import { readPolicy } from '../guard/policy/policy.ts'
import { openPolicyShelf, type PolicyShelf } from '../guard/policy/shelf.ts'
import type { Moderated } from '../core/moderation.ts'
import { reasonOf } from '../guard/troubles.ts'
import type { Moderation } from '../guard/stage/moderate.ts'
import { tryOut, type TrialOfSet } from '../guard/trial.ts'
import { dryRun } from '../guard/verdicts/dry-run.ts'
import { openGuard, policyFolder } from '../server/open-guard.ts'
import { openStorage } from '../storage/storage.ts'
import { defineCommand, type CommandGroup, type Terminal } from './command.ts'
import { probes, trainProbeCommand } from './guard-probe.ts'
import { missing } from './missing.ts'
import { plainText } from './plain-text.ts'

const judged = {
  response: {
    type: 'string',
    value: 'TEXT',
    description: 'What was answered to it; then the answer is judged, not the question.',
  },
} as const

const check = defineCommand({
  name: 'check',
  summary: 'Say what the guard makes of a text, as a running server would.',
  usage: 'TEXT',
  details:
    'Exit code 4 when it would not pass. A dash reads the text from standard input. Works without a server.',
  examples: ['elpis guard check "How do I bake bread?"', 'elpis guard check - < letter.txt --json'],
  options: judged,
  positionals: [1, 1],
  async run({ positionals: [text = ''], options, config, json, terminal }) {
    const found = await explained(config(), text, options.response)
    if (json) {
      const { flagged, action, hazards, scores } = found
      terminal.print(
        JSON.stringify({
          flagged,
          action,
          hazards,
          harm: scores?.harm ?? null,
          attack: scores?.attack ?? null,
        }),
      )
    } else terminal.print(lineOf(found))
    return found.flagged ? 4 : 0
  },
})

const explain = defineCommand({
  name: 'explain',
  summary: 'Say which layer decided about a text, in which view of it, and about which part.',
  usage: 'TEXT',
  examples: ['elpis guard explain "aG93IGRvIEkgYmFrZSBicmVhZD8="'],
  options: judged,
  positionals: [1, 1],
  async run({ positionals: [text = ''], options, config, json, terminal }) {
    const given = text === '-' ? readFileSync(0, 'utf8') : text
    const found = await explained(config(), given, options.response)
    if (json) terminal.print(JSON.stringify(found))
    else tell(found, options.response ?? given, terminal)
    return found.flagged ? 4 : 0
  },
})

const evalCommand = defineCommand({
  name: 'eval',
  summary:
    'Measure the guard on labelled texts of your own: what it finds, what it falsely takes for harm, how long it takes.',
  usage: 'FILE',
  details:
    'Each line of FILE is a JSON object: "prompt", "label" (1 or true for what should not pass), where an answer is judged "response", and "set" if several are to be told apart. Every text goes the whole way that a request goes, under the policy that holds. Works without a server.',
  examples: ['elpis guard eval mine.jsonl', 'elpis guard eval mine.jsonl --json'],
  options: {},
  positionals: [1, 1],
  async run({ positionals: [file = ''], config, json, terminal }) {
    const texts = labelledIn(file)
    const sets = await withModeration(config(), (moderation) => tryOut(texts, moderation, nobody))
    if (json) terminal.print(JSON.stringify({ sets }))
    else printSets(sets, terminal)
  },
})

const policies = defineCommand({
  name: 'policies',
  summary: 'List all policies, show one, or check a file before it is used.',
  usage: '[list | show NAME | check FILE]',
  examples: [
    'elpis guard policies',
    'elpis guard policies show standard',
    'elpis guard policies check mine.toml',
  ],
  positionals: [0, 2],
  async run({ positionals: [what = 'list', which], config, json, terminal }) {
    if (what === 'check') {
      if (which === undefined) throw missing('a file', 'elpis guard policies check mine.toml')
      const policy = readPolicy(readFile(which), which)
      terminal.print(
        json ? JSON.stringify({ policy: policy.version }) : `${policy.version}: valid. ${policy.summary}`,
      )
      return
    }
    using shelf = openShelf(config())
    if (what === 'show') {
      if (which === undefined) throw missing('a name', 'elpis guard policies show standard')
      const { compiled: _compiled, exempt: _exempt, ...policy } = shelf.named(which)
      terminal.print(JSON.stringify(policy, null, json ? undefined : 2))
      return
    }
    if (what !== 'list') throw missing('list, show or check', 'elpis guard policies list')
    const all = shelf.all.map(({ name, version, summary }) => ({
      name,
      version,
      summary,
      holds: name === shelf.standing.name,
    }))
    if (json) terminal.print(JSON.stringify({ policies: all }))
    else
      for (const { version, summary, holds } of all)
        terminal.print(`${holds ? '*' : ' '} ${version.padEnd(24)} ${summary}`)
  },
})

const dryRunCommand = defineCommand({
  name: 'dry-run',
  summary:
    'Say what a policy would have made of past traffic, from the scores that were kept. No content is needed.',
  usage: 'POLICY',
  examples: ['elpis guard dry-run strict', 'elpis guard dry-run strict --days 7 --json'],
  options: {
    days: { type: 'string', value: 'N', description: 'How far back; 30 when left out, and no more is kept.' },
  },
  positionals: [1, 1],
  async run({ positionals: [name = ''], options, config, json, terminal }) {
    const days = Number(options.days ?? 30)
    if (!(days > 0)) throw missing('a number of days', 'elpis guard dry-run strict --days 7')
    const settings = config()
    using shelf = openShelf(settings)
    const policy = shelf.named(name)
    const storage = await openStorage(settings)
    try {
      const verdicts = await storage.verdicts.latest({
        since: Date.now() - days * 86_400_000,
        limit: 100_000,
      })
      const run = dryRun(policy, verdicts)
      if (json) {
        terminal.print(JSON.stringify(run))
        return
      }
      terminal.print(`${run.policy} over ${run.verdicts} verdicts, ${run.scored} with scores:`)
      for (const { was, would, count } of run.changes) {
        terminal.print(`  ${String(count).padStart(8)}  ${was}${was === would ? '' : ` → ${would}`}`)
      }
      terminal.print(`Keys that would newly be blocked at least once: ${run.keysAffected}`)
      terminal.print(`Scores of harm by tenths: ${run.distribution.join(' ')}`)
    } finally {
      await storage.close()
    }
  },
})

export const guard: CommandGroup = {
  name: 'guard',
  summary: 'Check texts, explain verdicts, look at policies and try them on past traffic, train probes.',
  commands: [check, explain, evalCommand, policies, dryRunCommand, trainProbeCommand, probes],
}

const nobody = { organisationId: homeOrganisation, keyId: null }

async function explained(config: Config, text: string, response: string | undefined): Promise<Moderated> {
  const given = text === '-' ? readFileSync(0, 'utf8') : text
  return withModeration(config, (moderation) =>
    moderation.moderate({ prompt: given, response: response ?? null }, nobody),
  )
}

async function withModeration<Result>(
  config: Config,
  use: (moderation: Moderation) => Promise<Result>,
): Promise<Result> {
  const opened = await openGuard(config, { log: () => {}, onSignal: () => {}, verdicts: null, engine: null })
  try {
    return await use(opened.moderation)
  } catch (error) {
    throw elpisError('guard_here_unavailable', { reason: reasonOf(error) })
  } finally {
    await opened.close()
  }
}

function labelledIn(file: string): Labelled[] {
  try {
    return readLabelled(file, { bytes: 2 ** 30, rows: Infinity }).rows
  } catch (error) {
    if (!(error instanceof UnreadableLabels)) throw error
    throw elpisError('usage', {
      problem: `Nothing was measured on ${file}: ${error.message}.`,
      suggestion: 'A line looks like this: {"prompt": "How do I bake bread?", "label": 0}',
    })
  }
}

function printSets(sets: readonly TrialOfSet[], terminal: Terminal): void {
  const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)}%`)
  for (const { set, texts, unsafe, f1, recall, falseAlarms, auprc, recallAt1, p50, p99 } of sets) {
    terminal.print(`${set}: ${texts} texts, ${unsafe} of them unsafe`)
    terminal.print(`  found ${share(recall)}, falsely taken for harm ${share(falseAlarms)}, F1 ${share(f1)}`)
    terminal.print(
      `  over all thresholds: AUPRC ${share(auprc)}, found at 1% false alarms ${share(recallAt1)}`,
    )
    terminal.print(`  milliseconds a text: half within ${p50.toFixed(1)}, 99% within ${p99.toFixed(1)}`)
  }
}

function lineOf({ action, hazards, scores, layer, policy }: Moderated): string {
  const about = hazards.map((hazard) => `${hazard} ${hazardNames[hazard]}`).join(', ')
  const sure = scores === null ? '' : ` (harm ${scores.harm.toFixed(2)}, attack ${scores.attack.toFixed(2)})`
  return `${action}${about === '' ? '' : `: ${about}`}${sure} · ${layer} · ${policy}`
}

function tell(found: Moderated, text: string, terminal: Terminal): void {
  terminal.print(lineOf(found))
  const { decisive, rules } = found
  if (decisive !== null) {
    terminal.print(`  decided in view "${decisive.view}", characters ${decisive.start}–${decisive.end}:`)
    terminal.print(`  ${plainText(text.slice(decisive.start, Math.min(decisive.end, decisive.start + 200)))}`)
  }
  for (const { rule, what, view, start, end } of rules) {
    terminal.print(`  rule "${rule}" found ${what} in view "${view}", characters ${start}–${end}`)
  }
}

function openShelf(config: Config): PolicyShelf & Disposable {
  const shelf = openPolicyShelf(policyFolder(config), config.guard)
  return Object.assign(shelf, { [Symbol.dispose]: () => shelf.close() })
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw elpisError('policy_invalid', { file, problem: `it cannot be read (${(error as Error).message})` })
  }
}
