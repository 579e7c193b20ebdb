import { expect, test } from 'vitest'
import type { EntryId, OrganisationId } from '../core/ids.ts'
import { homeOrganisation } from '../core/principal.ts'
import { actLeaf } from './log-entry.ts'
import { LogView } from './log-view.ts'

const size = 10_500

/** A log of acts alone: all for the home organisation, nothing for others. */
function view() {
  const act = { kind: 'key-revoked', by: 'owner', about: null, details: {} } as const
  const { body } = actLeaf('ent_a' as EntryId, act, 0)
  const store = {
    state: async () => ({ size }),
    bodies: async (begin: number, end: number) => Array.from({ length: end - begin }, () => body),
  }
  const parts = { store, subjects: { organisation: () => 'subject' } }
  return new LogView(parts as unknown as ConstructorParameters<typeof LogView>[0])
}

test('a page without entries that one may see says where to go on, until the beginning', async () => {
  const other = 'org_other' as OrganisationId
  const first = await view().latest(other, { before: null, limit: 30 })
  expect(first).toEqual({ entries: [], next: 500 })
  expect(await view().latest(other, { before: first.next, limit: 30 })).toEqual({ entries: [], next: null })
})

test('pages follow each other without a gap', async () => {
  const { entries, next } = await view().latest(homeOrganisation, { before: 42, limit: 30 })
  expect([entries[0]?.position, entries.at(-1)?.position, next]).toEqual([41, 12, 12])
  const last = await view().latest(homeOrganisation, { before: next, limit: 30 })
  expect([last.entries.length, last.entries.at(-1)?.position, last.next]).toEqual([12, 0, null])
})
