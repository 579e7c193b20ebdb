import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Incidents, type EvidenceLog } from '../monitoring/incidents/incidents.ts'
import { startReminders, type Reminder } from '../monitoring/incidents/reminders.ts'
import { SignCollector } from '../monitoring/insight/collector.ts'
import { Insight, type Findings } from '../monitoring/insight/insight.ts'
import type { Monitor } from '../monitoring/monitor.ts'
import type { Storage } from '../storage/storage.ts'
import type { Watcher } from './record-stage.ts'
import { reminderWebhook } from './reminder-webhook.ts'

interface DeskParts {
  readonly config: Pick<Config, 'insight' | 'incidents'>
  readonly storage: Pick<Storage, 'incidents' | 'signs'>
  readonly monitor: Monitor
  readonly acts: Acts
  readonly evidence: EvidenceLog
  readonly clock: Clock
  readonly log: Log
}

const day = 86_400_000
const lookEveryMilliseconds = 15 * 60_000

/** Incidents with their reminders, and insight with what it is made of. */
export async function openDesk({ config, storage, monitor, acts, evidence, clock, log }: DeskParts) {
  const { registry, feed } = monitor
  const incidents = new Incidents({ store: storage.incidents, clock, acts, evidence })
  const hook = reminderWebhook(config.incidents.webhook, log)
  const trouble = (what: string) => (error: unknown) => log('error', what, { code: asElpisError(error).code })
  const reminders = startReminders({
    store: storage.incidents,
    clock,
    tell(reminder) {
      const facts = reminderFacts(reminder)
      log(reminder.left < 0 ? 'error' : 'warn', 'incident-report-due', facts)
      feed.tell({ type: 'alert', subject: 'incident', code: facts.regime, message: facts.message })
      hook({ type: 'incident-report-due', title: reminder.incident.title, ...facts })
    },
    standing(open, left) {
      registry.set('elpis_incidents_open', {}, open)
      registry.clear('elpis_incident_deadline_seconds')
      for (const [regime, milliseconds] of left) {
        registry.set('elpis_incident_deadline_seconds', { regime }, milliseconds / 1000)
      }
    },
    onTrouble: trouble('incidents-not-read'),
  })

  const { days, least_people: leastPeople } = config.insight
  const insight = new Insight({ store: storage.signs, clock, leastPeople })
  const collector =
    days === 0
      ? null
      : new SignCollector({
          store: storage.signs,
          clock,
          key: Buffer.from(await storage.signs.key(randomBytes(32).toString('base64')), 'base64'),
          keep: days * day,
          onTrouble: trouble('insight-not-written'),
        })
  const told = new Set<string>()
  const look = async () => {
    const found = await insight.look(clock.now() - day, leastPeople)
    const campaigns = found.clusters.filter(({ kind }) => kind === 'campaign')
    registry.set('elpis_insight_findings', { kind: 'campaign' }, campaigns.length)
    registry.set(
      'elpis_insight_findings',
      { kind: 'sudden' },
      found.hazards.filter(({ sudden }) => sudden).length,
    )
    tellNew(found, told, (code, message) => {
      log('warn', 'insight', { code, message })
      feed.tell({ type: 'alert', subject: 'insight', code, message })
    })
  }
  const timer = setInterval(() => void look().catch(trouble('insight-not-read')), lookEveryMilliseconds)
  timer.unref()

  return {
    desk: { incidents, insight, now: () => clock.now() },
    watchers:
      collector === null
        ? []
        : [
            {
              begin: ({ request }, principal, entryId) =>
                collector.begin(request?.input ?? null, principal, entryId),
            } satisfies Watcher,
          ],
    async close() {
      clearInterval(timer)
      await reminders.close()
      await collector?.close()
    },
  }
}

function reminderFacts({ incident, clock, left }: Reminder) {
  const hours = Math.round(Math.abs(left) / 3_600_000)
  return {
    incident: incident.id,
    regime: clock.regime,
    due: new Date(clock.dueAt).toISOString(),
    message: left < 0 ? `A report is overdue by ${hours} h.` : `A report is due in ${hours} h.`,
  }
}

/** Each campaign and each sudden rise once, as long as it goes on. */
function tellNew(found: Findings, told: Set<string>, tell: (code: string, message: string) => void): void {
  const now = new Map<string, string>()
  for (const { id, kind, people, questions } of found.clusters) {
    if (kind === 'campaign')
      now.set(id, `${people} people sent nearly the same attack, ${questions} times in a day.`)
  }
  for (const { hazard, sudden, questions } of found.hazards) {
    if (sudden) now.set(`hazard ${hazard}`, `Questions about ${hazard} rise at once: ${questions} in a day.`)
  }
  for (const code of told) if (!now.has(code)) told.delete(code)
  for (const [code, message] of now) {
    if (told.has(code)) continue
    told.add(code)
    tell(code, message)
  }
}
