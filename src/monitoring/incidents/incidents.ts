import { randomBytes } from 'node:crypto'
import type { Acts } from '../../core/acts.ts'
import type { Clock as TimeSource } from '../../core/clock.ts'
import type { EntryId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import type { Incident, IncidentStore } from './incident.ts'
import { regimes, type RegimeName } from './regimes.ts'

/** What incidents need of the log. */
export interface EvidenceLog {
  /** A checkpoint and an inclusion proof, as text; null when there is none (yet). */
  proof(entry: EntryId): Promise<string | null>
  /** Those of these that are no entries, neither complete nor begun. */
  unknown(entries: readonly EntryId[]): Promise<readonly EntryId[]>
}

export interface IncidentsParts {
  readonly store: IncidentStore
  readonly clock: TimeSource
  readonly acts: Acts
  readonly evidence: EvidenceLog
}

export interface NewIncident {
  readonly title: string
  readonly regimes: readonly RegimeName[]
  /** Epoch milliseconds; now when left out. */
  readonly discoveredAt?: number | undefined
  readonly evidence: readonly EntryId[]
  readonly note?: string | undefined
}

export interface IncidentChange {
  readonly note?: string | undefined
  readonly addRegimes: readonly RegimeName[]
  readonly addEvidence: readonly EntryId[]
  /** Regimes to whose authorities it was reported. */
  readonly reported: readonly RegimeName[]
  readonly close: boolean
}

/** An incident as an authority or an auditor may get it. */
export interface IncidentReport {
  readonly format: 'elpis-incident/v1'
  readonly exportedAt: string
  readonly incident: Incident
  readonly clocks: readonly {
    readonly regime: RegimeName
    readonly law: string
    readonly to: string
    readonly due: string
    readonly reported: string | null
  }[]
  readonly evidence: readonly { readonly entry: EntryId; readonly proof: string | null }[]
}

const mostListed = 1000
const mostTries = 5

/** Every change is an act in the log, as one with it. */
export class Incidents {
  readonly #parts: IncidentsParts

  constructor(parts: IncidentsParts) {
    this.#parts = parts
  }

  /** @throws `evidence_unknown` */
  async open(
    { title, regimes: names, discoveredAt, evidence, note }: NewIncident,
    by: string,
  ): Promise<Incident> {
    const { store, clock, acts } = this.#parts
    await this.#mustBeKnown(evidence)
    const now = clock.now()
    const discovered = Math.min(discoveredAt ?? now, now)
    const incident: Incident = {
      id: `inc_${randomBytes(12).toString('hex')}`,
      title,
      createdAt: now,
      discoveredAt: discovered,
      closedAt: null,
      clocks: clocksOf(names, discovered),
      evidence,
      notes: note === undefined ? [] : [{ at: now, by, text: note }],
      version: 1,
    }
    const act = {
      kind: 'incident-changed',
      by,
      about: incident.id,
      details: { change: 'opened', regimes: names.join(' '), evidence: evidence.length },
    } as const
    await acts.within(act, (entry) => store.insert(incident, entry))
    return incident
  }

  /** @throws `incident_not_found`, `evidence_unknown` */
  async change(id: string, change: IncidentChange, by: string): Promise<Incident> {
    const { store, clock, acts } = this.#parts
    const { note, addRegimes, addEvidence, reported, close } = change
    await this.find(id)
    await this.#mustBeKnown(addEvidence)
    const act = {
      kind: 'incident-changed',
      by,
      about: id,
      details: {
        change: close ? 'closed' : 'changed',
        reported: reported.join(' '),
        evidence: addEvidence.length,
      },
    } as const
    const now = clock.now()
    for (let count = 0; count < mostTries; count++) {
      const before = await this.find(id)
      const added = addRegimes.filter((name) => !before.clocks.some(({ regime }) => regime === name))
      const after: Incident = {
        ...before,
        clocks: before.clocks
          .concat(clocksOf(added, before.discoveredAt))
          .map((one) =>
            Object.assign(one, reported.includes(one.regime) ? { reportedAt: one.reportedAt ?? now } : {}),
          ),
        evidence: [...new Set([...before.evidence, ...addEvidence])],
        notes: note === undefined ? before.notes : [...before.notes, { at: now, by, text: note }],
        closedAt: close ? now : before.closedAt,
        version: before.version + 1,
      }
      if (await acts.within(act, (entry) => store.replace(after, entry))) return after
    }
    throw elpisError('storage_failed', { file: 'incidents', reason: 'it is changed by others all the time' })
  }

  list(): Promise<Incident[]> {
    return this.#parts.store.list(mostListed)
  }

  /** @throws `incident_not_found` */
  async find(id: string): Promise<Incident> {
    const found = await this.#parts.store.find(id)
    if (found === null) throw elpisError('incident_not_found', { incident: id.slice(0, 60) })
    return found
  }

  /** All of it, with what proves its evidence. @throws `incident_not_found` */
  async report(id: string): Promise<IncidentReport> {
    const incident = await this.find(id)
    const evidence: IncidentReport['evidence'][number][] = []
    for (const entry of incident.evidence)
      evidence.push({ entry, proof: await this.#parts.evidence.proof(entry) })
    return {
      format: 'elpis-incident/v1',
      exportedAt: new Date(this.#parts.clock.now()).toISOString(),
      incident,
      clocks: incident.clocks.map(({ regime, dueAt, reportedAt }) => ({
        regime,
        law: regimes[regime].law,
        to: regimes[regime].to,
        due: new Date(dueAt).toISOString(),
        reported: reportedAt === null ? null : new Date(reportedAt).toISOString(),
      })),
      evidence,
    }
  }

  async #mustBeKnown(evidence: readonly EntryId[]): Promise<void> {
    const [entry] = evidence.length === 0 ? [] : await this.#parts.evidence.unknown(evidence)
    if (entry !== undefined) throw elpisError('evidence_unknown', { entry })
  }
}

function clocksOf(names: readonly RegimeName[], discoveredAt: number): Incident['clocks'] {
  return [...new Set(names)].map((regime) => ({
    regime,
    dueAt: discoveredAt + regimes[regime].within,
    reportedAt: null,
    reminded: 0,
  }))
}
