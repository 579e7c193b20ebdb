import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { failureOf } from './classify.ts'
import { commitTogether } from './group-commit.ts'

let file: string
let connection: DatabaseSync

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'elpis-commit-'))
  file = join(folder, 'test.db')
  connection = new DatabaseSync(file, { timeout: 0 })
  connection.exec('pragma journal_mode = wal; create table t (n integer unique, filling blob) strict')
  return () => {
    connection.close()
    rmSync(folder, { recursive: true })
  }
})

const add =
  (n: number, bytes = 0) =>
  async () => {
    connection.prepare('insert into t values (?, zeroblob(?))').run(n, bytes)
    return n
  }

function rows(through = connection): unknown[] {
  return through
    .prepare('select n from t order by n')
    .all()
    .map((row) => row['n'])
}

test('what fails is undone alone, wholly, and the others are kept', async () => {
  const halfDone = async () => {
    await add(10)()
    await add(1)()
  }
  const outcomes = await commitTogether(connection, [add(1), halfDone, add(2), add(1), add(3)])
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : 'failed'))).toEqual([
    1,
    'failed',
    2,
    'failed',
    3,
  ])
  expect(rows()).toEqual([1, 2, 3])
  expect(connection.isTransaction).toBe(false)
})

test('calls run once where all go well, and again after all was undone where one of several fails', async () => {
  const ran: string[] = []
  const undone = () => void ran.push('undone')
  const told = (n: number) => async () => {
    ran.push(`${n}`)
    return await add(n)()
  }
  await commitTogether(connection, [told(1), told(2)], { undone })
  await commitTogether(connection, [told(1)], { undone })
  expect(ran.splice(0)).toEqual(['1', '2', '1'])
  await commitTogether(connection, [told(3), told(1), told(4)], { undone })
  expect(ran).toEqual(['3', '1', 'undone', '3', '1', '4'])
  expect(rows()).toEqual([1, 2, 3, 4])
})

test('nobody else sees anything before all is committed', async () => {
  const other = new DatabaseSync(file)
  onTestFinished(() => other.close())
  const seen: unknown[][] = []
  const look = async () => void seen.push(rows(other))
  await commitTogether(connection, [add(1), look, add(2), look])
  expect(seen).toEqual([[], []])
  expect(rows(other)).toEqual([1, 2])
})

test('when the disk is full, nothing that was not acknowledged is kept, and the next commit works', async () => {
  await commitTogether(connection, [add(1)])
  connection.exec('pragma max_page_count = 20')
  const outcomes = await commitTogether(connection, [add(2), add(3, 200_000), add(4)])
  const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [failureOf(outcome.error).kind]))
  expect(failures).toContain('storage_full')
  const kept = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))
  expect(rows()).toEqual([1, ...kept])
  expect((await commitTogether(connection, [add(5)]))[0]).toEqual({ ok: true, value: 5 })
})

test('when the transaction itself is lost, every call has failed', async () => {
  const lose = async () => {
    connection.exec('rollback')
    throw new Error('lost')
  }
  const outcomes = await commitTogether(connection, [add(1), lose, add(2)])
  expect(outcomes.map(({ ok }) => ok)).toEqual([false, false, false])
  expect(rows()).toEqual([])
})

test('when another process holds the database, every call has failed as busy', async () => {
  const other = new DatabaseSync(file)
  onTestFinished(() => other.close())
  other.exec('begin immediate')
  const outcomes = await commitTogether(connection, [add(1), add(2)])
  expect(outcomes.map((outcome) => (outcome.ok ? null : failureOf(outcome.error).kind))).toEqual([
    'storage_busy',
    'storage_busy',
  ])
  other.exec('rollback')
  expect((await commitTogether(connection, [add(1)]))[0]?.ok).toBe(true)
})
