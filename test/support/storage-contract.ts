/**
 * What every database behind Elpis must do. Called once for each, with a way to open a fresh one.
 *
 * A new store: write its class (`src/storage/<thing>-store.ts`, made with the database alone), add one line to
 * `src/storage/stores.ts`, then a contract file like `kept-contract.ts` here, a function that takes the name of the
 * database and `opened`, and call it in `test/storage.test.ts` (SQLite) and in `test/storage-postgres.test.ts`.
 *
 * What holds for every method, on both:
 * - It is one transaction and runs as if alone, all replicas included: read, decide and write without a lock.
 * - Calls take effect and are answered in order, and what was acknowledged is durable. Calls that arrive together share
 *   a commit; where thousands come a second, one call with many rows is many times faster than many calls.
 * - It may run twice when its transaction was lost, so it changes nothing but the database, and makes no ids or times.
 * - An error of a query is never caught within it: on Postgres the transaction is over then. `onConflict` and
 *   `returning` work on both.
 * - Integers come back as numbers (sums and counts too), conditions as 0 or 1, text sorts by its code points.
 *   Booleans, dates, NaN and text with NUL are refused as parameters. More than 32,766 parameters are refused.
 * - `announce(database, topic)` within it is heard by the other processes (`storage.watch`), never by its own; what is
 *   about access says whom, by `announceAccess`.
 * - Names of indexes are unique in the whole database; `table`, `whole`, `bytes` and `real` of
 *   `migrations/migration.ts` make columns that fit both.
 */
import { describe, expect, onTestFinished, test } from 'vitest'
import { keyIn } from '../../src/access/packed-key.ts'
import type { AccessStore, KeyPlace, PackedKey, StoredKey, StoredSession } from '../../src/access/store.ts'
import type { KeyId, OrganisationId, PersonId } from '../../src/core/ids.ts'
import { rowsOf } from '../../src/core/packed-rows.ts'
import { homeOrganisation } from '../../src/core/principal.ts'
import {
  sha256,
  storedAcceptance,
  storedKey,
  storedLink,
  storedPerson,
  storedQuota,
  storedSession,
} from './stored.ts'

type Openable = AccessStore & { close(): Promise<void> }

/** One database, empty, that can be opened several times. */
export interface FreshDatabase {
  open(): Promise<Openable>
}

export function storageContract(database: string, fresh: () => FreshDatabase): void {
  async function opened(place = fresh()): Promise<Openable> {
    const storage = await place.open()
    onTestFinished(() => storage.close())
    return storage
  }

  describe(`storage on ${database}`, () => {
    test('keys come back as they were given, oldest first', async () => {
      const { keys } = await opened()
      const young = storedKey('young', 2000)
      const old = storedKey("o'ld; drop table keys --  ✓ 🗝 ' or 1=1", 2 ** 52)
      const eldest = { ...storedKey('eldest', 0), lastUsedAt: 5, revokedAt: 6 }
      for (const key of [young, old, eldest]) await keys.insert(key, null)
      expect(await keys.list()).toEqual([eldest, young, old])
    })

    test('changes of keys come page by page in their order, from the beginning without what was revoked', async () => {
      const { keys, directory } = await opened()
      const [one, two, gone] = [storedKey('one'), storedKey('two'), storedKey('gone')]
      for (const key of [gone, two, one]) await keys.insert(key, null)
      await keys.revoke(gone.id, 1500, null)
      const since = async (place: KeyPlace | null, limit: number) => {
        const page = await keys.since(place, limit)
        return { ...page, keys: rowsOf<PackedKey>(page.keys).map(keyIn) }
      }
      const first = await since(null, 1)
      expect(first).toMatchObject({ keys: [two], more: true })
      const second = await since(first.upTo, 2)
      expect(second).toMatchObject({ keys: [one, { ...gone, revokedAt: 1500 }], more: true })
      expect(await since(second.upTo, 2)).toEqual({ keys: [], upTo: second.upTo, more: false })
      await keys.recordUses([{ id: one.id, at: 50 }])
      expect((await since(second.upTo, 9)).keys).toEqual([])
      const person = {
        id: 'person_ada' as PersonId,
        organisationId: homeOrganisation,
        name: 'Ada',
        email: null,
        role: 'member',
        createdAt: 1000,
      } as const
      await directory.insertPerson(person, null)
      const theirs = ['a', 'b'].map((name) => storedKey(name).id)
      for (const name of ['a', 'b']) await keys.insert({ ...storedKey(name), personId: person.id }, null)
      await keys.rotate(two.id, { hash: sha256('new'), prefix: 'elpis-new', keepFormer: false }, null)
      const { upTo } = await since(second.upTo, 9)
      await directory.removePerson(person.id, 1600, null)
      const ended = (await since(upTo, 9)).keys
      expect(ended.map(({ id }) => id).toSorted()).toEqual(theirs.toSorted())
      expect(ended.map(({ revokedAt }) => revokedAt)).toEqual([1600, 1600])
      const single = await since(upTo, 1)
      expect((await since(single.upTo, 9)).keys).toHaveLength(1)
    })

    test('text sorts by its code points', async () => {
      const { keys } = await opened()
      const ids = ['key_Z', 'key__', 'key_a', 'key_é', 'key_B', 'key_10', 'key_9', 'key_🗝'] as KeyId[]
      for (const id of ids) await keys.insert({ ...storedKey(id), id }, null)
      expect((await keys.list()).map(({ id }) => id)).toEqual(
        ['10', '9', 'B', 'Z', '_', 'a', 'é', '🗝'].map((end) => `key_${end}`),
      )
    })

    test('neither an id nor a hash can be there twice', async () => {
      const { keys } = await opened()
      const key = storedKey('one')
      await keys.insert(key, null)
      await expect(keys.insert({ ...key, id: 'key_other' as KeyId }, null)).rejects.toThrow(
        /constraint|duplicate/i,
      )
      await expect(keys.insert({ ...key, hash: sha256('other') }, null)).rejects.toThrow(
        /constraint|duplicate/i,
      )
      expect(await keys.list()).toEqual([key])
    })

    test('a call that fails among many at once fails alone', async () => {
      const { keys } = await opened()
      await keys.insert(storedKey('taken'), null)
      const names = ['a', 'taken', 'b', 'taken', 'c']
      const results = await Promise.allSettled(names.map((name) => keys.insert(storedKey(name), null)))
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
      expect((await keys.list()).map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'c', 'taken'])
    })

    test('values that would be stored as something else are refused', async () => {
      const { keys } = await opened()
      const wrong = [
        { createdAt: Number.NaN },
        { createdAt: undefined },
        { name: true },
        { name: new Date(0) },
      ]
      for (const fields of [...wrong, { createdAt: 2 ** 53 }, { name: 'a\0b' }, { name: '\uD800' }]) {
        const key = { ...storedKey('wrong'), ...fields } as StoredKey
        await expect(keys.insert(key, null)).rejects.toBeInstanceOf(Error)
      }
      expect(await keys.list()).toEqual([])
    })

    test('revoking works once, takes the sessions of the key along and leaves others alone', async () => {
      const { keys, sessions, accessNews } = await opened()
      const [mine, other] = [storedKey('mine'), storedKey('other')]
      await keys.insert(mine, null)
      await keys.insert(other, null)
      for (const [name, keyId] of [
        ['m', mine.id],
        ['o', other.id],
        ['owner', null],
      ] as const) {
        expect(await sessions.insert(storedSession(name, keyId), [])).toBe(true)
      }
      expect(await keys.revoke(mine.id, 1500, null)).toBe(true)
      expect(await keys.revoke(mine.id, 1600, null)).toBe(false)
      expect(await keys.revoke('key_nobody' as KeyId, 1600, null)).toBe(false)
      expect((await keys.list()).find(({ id }) => id === mine.id)?.revokedAt).toBe(1500)
      const left = (await accessNews.since(null, 1500)).sessions.map(({ keyId }) => keyId)
      expect(new Set(left)).toEqual(new Set([other.id, null]))
      expect(await sessions.insert(storedSession('late', mine.id), [])).toBe(false)
      expect(await sessions.insert(storedSession('nobody', 'key_nobody' as KeyId), [])).toBe(false)
    })

    test('what is new of access is what changed, and nothing else', async () => {
      const { keys, sessions, directory, quotas, acceptances, accessNews } = await opened()
      const [ada, max] = [storedPerson('ada'), storedPerson('max')]
      for (const person of [ada, max]) await directory.insertPerson(person, null)
      const [mine, theirs] = [storedKey('mine'), storedKey('theirs')]
      for (const key of [mine, theirs]) await keys.insert(key, null)
      const ofKey = storedSession('k', mine.id)
      const ofAda = { ...storedSession('ada', null), personId: ada.id }
      const ofMax = { ...storedSession('max', null), personId: max.id }
      for (const session of [ofKey, ofAda, ofMax]) await sessions.insert(session, [])
      let { upTo } = await accessNews.since(null, 1500)
      const news = async () => {
        const { upTo: next, ...said } = await accessNews.since(upTo, 1500)
        upTo = next
        return said
      }
      const nothing = {
        whole: false,
        organisations: [],
        people: [],
        sessions: [],
        links: [],
        quotas: [],
        acceptances: [],
        gone: [],
      }
      expect(await news()).toEqual(nothing)
      await keys.revoke(theirs.id, 1500, null)
      expect(await news()).toEqual(nothing)
      await keys.revoke(mine.id, 1500, null)
      expect(await news()).toEqual({ ...nothing, gone: [ofKey.id] })
      await directory.rename(ada.id, 'Ada Lovelace', null)
      expect(await news()).toEqual({ ...nothing, people: [{ ...ada, name: 'Ada Lovelace' }] })
      await directory.setRole(ada.id, 'admin', null)
      const promoted = { ...ada, name: 'Ada Lovelace', role: 'admin' }
      expect(await news()).toEqual({ ...nothing, people: [promoted], gone: [ofAda.id] })
      const link = storedLink('l')
      await sessions.insertLink(link)
      expect(await news()).toEqual({ ...nothing, links: [link] })
      const opening = storedSession('o', null)
      await sessions.redeemLink(link.hash, opening, [], 1500)
      expect(await news()).toEqual({ ...nothing, sessions: [opening], gone: [link.hash] })
      const quota = storedQuota('q')
      await quotas.set(quota, null)
      await acceptances.insert(storedAcceptance(max), null)
      expect(await news()).toEqual({ ...nothing, quotas: [quota], acceptances: [storedAcceptance(max)] })
      await quotas.remove(quota.id, null)
      await directory.removePerson(max.id, 1500, null)
      expect(new Set((await news()).gone)).toEqual(new Set([quota.id, max.id, ofMax.id]))
      const acme = { id: 'org_acme' as OrganisationId, name: 'acme', endUserKey: 'ab', createdAt: 1 }
      await directory.insertOrganisation(acme, null)
      expect(await news()).toEqual({ ...nothing, organisations: [acme] })
      const eve = { ...storedPerson('eve'), organisationId: acme.id }
      await directory.insertPerson(eve, null)
      await directory.removeOrganisation(acme.id, 1500, null)
      expect(new Set((await news()).gone)).toEqual(new Set([acme.id, eve.id]))
    })

    test('what changed too often since, or cannot be told any more, is read whole', async () => {
      const { keys, sessions, accessNews } = await opened()
      const { upTo } = await accessNews.since(null, 1500)
      expect(await accessNews.since(upTo + 1, 1500)).toMatchObject({ whole: true, upTo })
      const session = storedSession('s', null)
      await sessions.insert(session, [])
      expect(await accessNews.since(upTo, 1500)).toMatchObject({ whole: false, sessions: [session] })
      const changes = Array.from({ length: 5001 }, (_, index) => keys.insert(storedKey(`k${index}`), null))
      await Promise.all(changes)
      expect(await accessNews.since(upTo, 1500)).toMatchObject({ whole: true, sessions: [session] })
      expect(await accessNews.since(upTo + 5000, 1500)).toMatchObject({ whole: false, sessions: [] })
    })

    test('the last use only moves forward', async () => {
      const { keys } = await opened()
      const key = storedKey('used')
      await keys.insert(key, null)
      const used = async () => (await keys.list())[0]?.lastUsedAt
      await keys.recordUses([
        { id: key.id, at: 50 },
        { id: 'key_nobody' as KeyId, at: 50 },
      ])
      expect(await used()).toBe(50)
      await keys.recordUses([{ id: key.id, at: 40 }])
      expect(await used()).toBe(50)
    })

    test('a link opens one session, also when many try at once', async () => {
      const { sessions, accessNews } = await opened()
      const link = storedLink('once')
      await sessions.insertLink(link)
      const tries = Array.from({ length: 20 }, (_, index) =>
        sessions.redeemLink(link.hash, storedSession(`s${index}`, null), [], 1500),
      )
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
      const { sessions: open, links } = await accessNews.since(null, 1500)
      expect(open).toHaveLength(1)
      expect(links).toEqual([])
    })

    test('an expired or unknown link opens nothing', async () => {
      const { sessions, accessNews } = await opened()
      const link = storedLink('late')
      await sessions.insertLink(link)
      expect(await sessions.redeemLink(link.hash, storedSession('s', null), [], link.expiresAt)).toBe(false)
      expect(await sessions.redeemLink(sha256('no'), storedSession('s', null), [], 1500)).toBe(false)
      expect((await accessNews.since(null, 1500)).sessions).toEqual([])
    })

    test('sessions end by being deleted, evicted or old', async () => {
      const { sessions, accessNews } = await opened()
      const [first, second, third] = ['first', 'second', 'third'].map((name, index) =>
        storedSession(name, null, 1000 + index),
      ) as [StoredSession, StoredSession, StoredSession]
      const ids = async (now: number) => (await accessNews.since(null, now)).sessions.map(({ id }) => id)
      await sessions.insert(first, [])
      await sessions.insert(second, [])
      await sessions.insert(third, [first.id])
      expect(await ids(1500)).toEqual([second.id, third.id])
      expect(await sessions.delete(second.id)).toBe(true)
      expect(await sessions.delete(second.id)).toBe(false)
      expect(await ids(third.expiresAt - 1)).toEqual([third.id])
      expect(await ids(third.expiresAt)).toEqual([])
      await sessions.prune(third.expiresAt)
      expect(await ids(1500)).toEqual([])
    })

    test('calls are answered in the order in which they were made', async () => {
      const { keys } = await opened()
      const order: string[] = []
      const note = (name: string) => () => void order.push(name)
      const key = storedKey('k')
      await Promise.all([
        keys.insert(key, null).then(note('insert')),
        keys.list().then((all) => note(`list ${all.length}`)()),
        keys.revoke(key.id, 1, null).then(note('revoke')),
      ])
      expect(order).toEqual(['insert', 'list 1', 'revoke'])
    })

    test('others hear of every change but uses, and of none of their own', async () => {
      const place = fresh()
      const [writer, reader] = [await opened(place), await opened(place)]
      const heard = { writer: 0, reader: 0 }
      const listen = (who: keyof typeof heard) => ({ changed: () => void heard[who]++, lost: () => {} })
      writer.watch(listen('writer'))
      const stop = reader.watch(listen('reader'))
      const key = storedKey('k')
      const session = storedSession('s', null)
      const changes = [
        () => writer.keys.insert(key, null),
        () => writer.sessions.insert(session, []),
        () => writer.sessions.insertLink(storedLink('l')),
        () => writer.sessions.delete(session.id),
        () => writer.keys.revoke(key.id, 2000, null),
      ]
      for (const change of changes) {
        const before = heard.reader
        await change()
        await expect.poll(() => heard.reader, { interval: 5 }).toBeGreaterThan(before)
      }
      const before = heard.reader
      await writer.keys.recordUses([{ id: key.id, at: 3000 }])
      await writer.keys.revoke(key.id, 2000, null)
      // A change that is heard after those that must not be: whatever they caused would have come before.
      await writer.keys.insert(storedKey('last'), null)
      await expect.poll(() => heard.reader, { interval: 5 }).toBe(before + 1)
      expect(heard.writer).toBe(0)
      stop()
    })

    test('what was acknowledged is there after closing, and a closed store says so', async () => {
      const place = fresh()
      const first = await place.open()
      const inserts = Array.from({ length: 50 }, (_, index) =>
        first.keys.insert(storedKey(`k${index}`), null),
      )
      await Promise.all([first.close(), ...inserts])
      await expect(first.keys.list()).rejects.toMatchObject({ code: 'storage_failed' })
      await first.close()
      const second = await opened(place)
      expect(await second.keys.list()).toHaveLength(50)
    })
  })
}
