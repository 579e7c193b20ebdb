/**
 * Every metric, once: what Prometheus scrapes, what OTLP sends, what the dashboard and the alert rules may name. Labels
 * have few values, all of them ours: models that are served, hazards, codes. Never a person, a key or a text.
 */

export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram's buckets, ascending; +Inf is added. */
  readonly bounds?: readonly number[]
}

const waits = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const shortWaits = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const rates = [1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000]

export const definitions = {
  elpis_requests_total: {
    type: 'counter',
    help: 'Accepted requests that ended. outcome: finished, or the code of what ended them.',
    labels: ['kind', 'model', 'outcome'],
  },
  elpis_request_duration_seconds: {
    type: 'histogram',
    help: 'From admission to the last part.',
    labels: ['kind', 'model'],
    bounds: waits,
  },
  elpis_time_to_first_token_seconds: {
    type: 'histogram',
    help: 'From admission to the first token that left, judged.',
    labels: ['model'],
    bounds: waits,
  },
  elpis_queue_seconds: {
    type: 'histogram',
    help: 'From admission until a model took the request up.',
    labels: ['model'],
    bounds: waits,
  },
  elpis_tokens_per_second: {
    type: 'histogram',
    help: 'Tokens of an answer by second, after its first.',
    labels: ['model'],
    bounds: rates,
  },
  elpis_tokens_total: {
    type: 'counter',
    help: 'Tokens. type: input, cached (of the input), output, reasoning (of the output).',
    labels: ['model', 'type'],
  },
  elpis_running: { type: 'gauge', help: 'Accepted requests that have not ended.', labels: [] },
  elpis_engine_active: { type: 'gauge', help: 'Sequences that a model computes now.', labels: ['model'] },
  elpis_engine_queued: { type: 'gauge', help: 'Requests that wait for a model.', labels: ['model'] },
  elpis_engine_ready: {
    type: 'gauge',
    help: '1 when a model can answer, if need be after it was loaded; 0 when it is loading, restarting or has failed.',
    labels: ['model'],
  },
  elpis_engine_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory of the process of a model; shared pages of the weights count.',
    labels: ['model'],
  },
  elpis_engine_sequences: {
    type: 'gauge',
    help: 'Sequences of the process of a model that are promised to somebody, as it says itself.',
    labels: ['model'],
  },
  elpis_engine_cache_cells: {
    type: 'gauge',
    help: 'Cells of the KV cache of a model. use: running (of sequences that are computed), kept (for whoever begins alike).',
    labels: ['model', 'use'],
  },
  elpis_engine_draft_tokens: {
    type: 'gauge',
    help: 'Tokens of the draft model of a model since that was loaded. which: proposed (by it), right (chosen by the model as well).',
    labels: ['model', 'which'],
  },
  elpis_guard_seconds: {
    type: 'histogram',
    help: 'What judging took. direction: input, from admission to the verdict; output, how long text was held back.',
    labels: ['direction'],
    bounds: shortWaits.concat([10, 30]),
  },
  elpis_guard_failures_total: {
    type: 'counter',
    help: 'Times that a layer of the guard could not judge. layer: screen, judge, probe, the name of a guard model; guard for none at all. The log and /health say why.',
    labels: ['layer'],
  },
  elpis_verdicts_total: {
    type: 'counter',
    help: 'Verdicts. hazard: none when none was found; one count for each hazard of a verdict.',
    labels: ['direction', 'hazard', 'action', 'outcome'],
  },
  elpis_standing_acts_total: {
    type: 'counter',
    help: 'What was done to somebody: warned, restricted, suspended, banned, lifted, …',
    labels: ['act'],
  },
  elpis_audit_unpublished_entries: {
    type: 'gauge',
    help: 'Entries that no checkpoint covers yet.',
    labels: [],
  },
  elpis_audit_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest entry that no checkpoint covers yet.',
    labels: [],
  },
  elpis_storage_seconds: {
    type: 'histogram',
    help: 'From a call of the database until it was durable.',
    labels: ['store'],
    bounds: shortWaits,
  },
  elpis_storage_failures_total: {
    type: 'counter',
    help: 'Calls that the database refused.',
    labels: ['store'],
  },
  elpis_storage_reachable: {
    type: 'gauge',
    help: '1 while the database answers; 0 while it does not, when everybody is refused.',
    labels: [],
  },
  elpis_usage_waiting: {
    type: 'gauge',
    help: 'Records of usage that the database refused and that are tried again.',
    labels: [],
  },
  elpis_http_requests_total: {
    type: 'counter',
    help: 'Requests at the edge, whatever came of them. route: as in the API document.',
    labels: ['route', 'method', 'status'],
  },
  elpis_http_refusals_total: {
    type: 'counter',
    help: 'Requests that ended with an error. code: as in the table of errors.',
    labels: ['code'],
  },
  elpis_http_sent_bytes_total: { type: 'counter', help: 'Bytes that left over HTTP.', labels: ['route'] },
  elpis_egress_bytes: {
    type: 'gauge',
    help: 'Bytes that left within the window of the exfiltration watch, by all servers on the database.',
    labels: [],
  },
  elpis_egress_limit_bytes: {
    type: 'gauge',
    help: 'Size of the smallest watched weights; 0 when none are.',
    labels: [],
  },
  elpis_egress_alerts_total: {
    type: 'counter',
    help: 'Times that too much had left. scope: key, all. policy: alert, cut.',
    labels: ['scope', 'policy'],
  },
  elpis_incidents_open: { type: 'gauge', help: 'Incidents that are not closed.', labels: [] },
  elpis_incident_deadline_seconds: {
    type: 'gauge',
    help: 'Seconds until the next report of an incident is due; negative when it is overdue.',
    labels: ['regime'],
  },
  elpis_insight_findings: {
    type: 'gauge',
    help: 'Findings of the last look: campaigns, sudden changes.',
    labels: ['kind'],
  },
  elpis_telemetry_dropped_total: {
    type: 'counter',
    help: 'Spans, points and log lines that no collector took.',
    labels: ['signal'],
  },
  elpis_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'How late the server came to its work since the last look. percentile: 50, 99, 100.',
    labels: ['percentile'],
  },
  elpis_info: { type: 'gauge', help: 'Always 1.', labels: ['version', 'policy'] },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the server itself.', labels: [] },
  process_cpu_seconds_total: { type: 'counter', help: 'Processor time of the server itself.', labels: [] },
  process_start_time_seconds: { type: 'gauge', help: 'When it started, since 1970.', labels: [] },
} as const satisfies Record<string, Definition>

export type MetricName = keyof typeof definitions
type LabelOf<Name extends MetricName> = (typeof definitions)[Name]['labels'][number]
/** The labels of a metric, all of them. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<LabelOf<Name>, string>>
