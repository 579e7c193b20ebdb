/**
 * What tests would make anew again and again, made once a run (this file is its global setup as well) and copied: a
 * database with all its tables, which takes longer than most tests of an edge do, the same on Postgres, and a store with
 * the real model.
 */
import { constants, copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '../../src/storage/storage.ts'

const variable = 'TEST_PREPARED_FOLDER'
const file = 'elpis.db'

export async function setup(): Promise<void> {
  // Each project that names this file asks for it.
  if (process.env[variable] !== undefined) return
  const home = mkdtempSync(join(tmpdir(), 'elpis-prepared-'))
  const storage = await openStorage({ home })
  await storage.close()
  process.env[variable] = home
}

export function teardown(): void {
  const home = process.env[variable]
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
}

/** Gives a home without a database one that is as good as made there; opening it is what is left to do. */
export function prepareDatabase(home: string): void {
  const prepared = process.env[variable]
  const path = join(home, file)
  if (prepared !== undefined && !existsSync(path)) copyFileSync(join(prepared, file), path)
}

/**
 * Gives a home a copy of the models' folder that `pull` leaves.
 *
 * @param pull fills that folder; asked once a run
 */
export async function prepareModels(home: string, pull: () => Promise<void>): Promise<void> {
  const prepared = process.env[variable]
  if (prepared === undefined) return await pull()
  const [from, to] = [join(prepared, 'models'), join(home, 'models')]
  if (existsSync(from)) return await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE })
  await pull()
  const making = mkdtempSync(join(prepared, 'making-'))
  await cp(to, making, { recursive: true })
  if (!existsSync(from)) renameSync(making, from)
}

/**
 * Where a Postgres' data with all tables lies, to be copied; null when nothing is prepared for this run.
 *
 * @param make leaves such data in a folder that is not there yet; asked once a run
 */
export async function preparedPostgres(make: (folder: string) => Promise<void>): Promise<string | null> {
  const prepared = process.env[variable]
  if (prepared === undefined) return null
  const folder = join(prepared, 'postgres')
  if (existsSync(folder)) return folder
  const making = join(mkdtempSync(join(prepared, 'making-')), 'postgres')
  await make(making)
  if (!existsSync(folder)) renameSync(making, folder)
  return folder
}
