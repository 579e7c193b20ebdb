/** What can happen to the database under a server that runs. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** Storage workers that are started from now on, the oldest first. */
export function storageWorkers(): readonly Worker[] {
  const workers: Worker[] = []
  const found = (worker: Worker) => {
    if (worker.threadName === 'elpis-storage') workers.push(worker)
  }
  process.on('worker', found)
  onTestFinished(() => void process.off('worker', found))
  return workers
}

/** Whoever opens the database from now on finds a damaged one. @returns a function that puts it back */
export function damageDatabase(home: string): () => void {
  const files = ['elpis.db', 'elpis.db-wal', 'elpis.db-shm'].map((name) => join(home, name))
  const [database = ''] = files
  for (const file of files) renameSync(file, `${file}.aside`)
  writeFileSync(database, 'x'.repeat(10_000))
  return () => {
    for (const file of files) {
      rmSync(file, { force: true })
      renameSync(`${file}.aside`, file)
    }
  }
}
