/** What the store of notices promises, whatever database is under it. */
import { expect, test } from 'vitest'
import type { EntryId, SubjectName } from '../../src/core/ids.ts'
import type { Storage } from '../../src/storage/storage.ts'

const [ada, max] = ['person:ada', 'person:max'] as SubjectName[] as [SubjectName, SubjectName]

/** @param opened a fresh storage, closed when the test ends */
export function noticeContract(database: string, opened: () => Promise<Storage>): void {
  test(`notices in ${database} are unseen until whoever they are for says otherwise`, async () => {
    const { contents } = await opened()
    for (const [id, subject, at] of [
      ['one', ada, 1000],
      ['two', ada, 2000],
      ['three', ada, 3000],
      ['his', max, 1000],
    ] as const) {
      const entry = 'ent_1' as EntryId
      await contents.notify({ id, subject, entry, at, by: 'owner', reason: 'case 7', seen: null }, null)
    }
    expect(await contents.see(max, 'two', 5000)).toBe(false)
    expect(await contents.unseen(ada)).toBe(3)
    expect(await contents.see(ada, 'two', 5000)).toBe(true)
    expect(await contents.see(ada, 'two', 6000)).toBe(true)
    expect((await contents.notices(ada)).map(({ id, seen }) => [id, seen])).toEqual([
      ['three', null],
      ['two', 5000],
      ['one', 5000],
    ])
    expect([await contents.unseen(ada), await contents.unseen(max)]).toEqual([1, 1])
  })
}
