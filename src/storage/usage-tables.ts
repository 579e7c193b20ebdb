import type { EndUser, EntryId, KeyId, OrganisationId, PersonId } from '../core/ids.ts'

/** Who used what; rows of the other two point here. */
interface UsagePartiesTable {
  id: string
  organisation: OrganisationId
  person: PersonId | null
  key: KeyId | null
  end_user: EndUser | null
  model: string
  adapter: string | null
}

/** Sums, all of them whole numbers; `usage/record.ts` says what each is. */
interface UsageSums {
  requests: number
  failed: number
  blocked: number
  input_tokens: number
  cached_tokens: number
  output_tokens: number
  reasoning_tokens: number
  first_tokens: number
  first_token_ms: number
  duration_ms: number
  energy_mj: number
  cost_nano: number
}

interface UsageRecordsTable extends UsageSums {
  entry_id: EntryId
  at: number
  party: string
  /** 0 until it is counted in a bucket; then the number of the roll-up that did it. */
  roll_up: number
}

interface UsageBucketsTable extends UsageSums {
  /** Milliseconds: a minute, an hour, a day, or 30 days for a month. */
  span: number
  start: number
  party: string
}

/** One row: how many roll-ups there were. */
interface UsageRollUpsTable {
  id: number
  number: number
}

export interface UsageTables {
  usage_parties: UsagePartiesTable
  usage_records: UsageRecordsTable
  usage_buckets: UsageBucketsTable
  usage_roll_ups: UsageRollUpsTable
}
