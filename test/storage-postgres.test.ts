import { describe, onTestFinished } from 'vitest'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { keptContract } from './support/kept-contract.ts'
import { postgresForTests } from './support/postgres.ts'
import { storageContract } from './support/storage-contract.ts'

const postgres = await postgresForTests()
const open = (url: string) => openStorage({ home: '/nowhere', storage: { url } })

async function opened(): Promise<Storage> {
  const storage = await open((await postgres?.freshDatabase()) ?? '')
  onTestFinished(() => storage.close())
  return storage
}

describe.skipIf(postgres === null)('Postgres', () => {
  storageContract('Postgres', () => {
    const url = postgres?.freshDatabase()
    return { open: async () => await open((await url) ?? '') }
  })

  keptContract('Postgres', opened)
})
