import { measures, nothing, type UsageRecord } from '../../src/usage/record.ts'

/** A record of one request, told apart by its number. */
export function usageRecord(number: number, changes: Partial<UsageRecord> = {}): UsageRecord {
  const keyId = `key_${number % 5}` as UsageRecord['keyId']
  const model = `model-${number % 3}`
  const sums = Object.fromEntries(measures.map((measure, index) => [measure, (number * (index + 3)) % 97]))
  return {
    ...nothing,
    ...sums,
    requests: 1,
    entryId: `ent_${number}` as UsageRecord['entryId'],
    partyId: `${keyId}/${model}`,
    organisationId: 'org_home' as UsageRecord['organisationId'],
    personId: null,
    keyId,
    endUser: null,
    model,
    adapter: null,
    at: 1_790_000_000_000,
    ...changes,
  }
}
