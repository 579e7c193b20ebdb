/** A process that tries what a locked one must not be able to do, and says how it went. */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { restrictToModel } from '../../src/engine/lockdown.ts'

export interface ProbeTargets {
  /** The one file that it may read. */
  readonly model: string
  /** A file that it may not read, in a folder where whoever runs the test may write. */
  readonly secret: string
  readonly folder: string
  readonly tcpPort: number
  readonly udpPort: number
  readonly socketPath: string
  readonly parent: number
  /** Narrow down to the model first. */
  readonly restrict: boolean
}

/** What each attempt came to: `done`, or the error's code. */
export type ProbeResults = Readonly<Record<string, string>>

process.on('message', (targets: ProbeTargets) => {
  void probe(targets).then((results) => process.send?.(results, () => process.exit(0)))
})
process.on('disconnect', () => process.exit(0))
process.send?.('hello')

async function probe(targets: ProbeTargets): Promise<ProbeResults> {
  const held = targets.restrict
    ? restrictToModel([targets.model])
    : (process.env['ELPIS_ENGINE_LOCKDOWN'] ?? '')
  const within = (name: string) => join(targets.folder, name)
  const attempts: Record<string, () => unknown> = {
    'read the model': () => readFileSync(targets.model),
    'start a thread': () => inThread(`require('node:fs').statSync('/')`),
    'read the list of users': () => readFileSync('/etc/passwd'),
    'read a file': () => readFileSync(targets.secret),
    'read a file on a pool thread': () => readFile(targets.secret),
    'read a file on a new thread': () =>
      inThread(`require('node:fs').readFileSync(${JSON.stringify(targets.secret)})`),
    'list a folder': () => readdirSync(targets.folder),
    'read the environment of the parent': () => readFileSync(`/proc/${targets.parent}/environ`),
    'read the memory of the parent': () => readFileSync(`/proc/${targets.parent}/mem`),
    'write a file': () => writeFileSync(within('written'), 'x'),
    'write to a file there': () => writeFileSync(targets.secret, 'x'),
    'write to the model': () => writeFileSync(targets.model, 'x', { flag: 'r+' }),
    'cut the model': () => truncateSync(targets.model, 1),
    'make a folder': () => mkdirSync(within('made')),
    'make a link': () => symlinkSync('/', within('link')),
    'remove a file': () => unlinkSync(within('removable')),
    'connect by TCP': () => connected(targets.tcpPort),
    'connect by a Unix socket': () => connected(targets.socketPath),
    'send by UDP': () => sent(targets.udpPort),
    'listen on TCP': () => listening(),
    'start a shell': () => started('/bin/sh', ['-c', 'exit 0']),
    'start Node': () => started(process.execPath, ['--version']),
    'read Node': () => readFileSync(process.execPath),
    'signal the parent': () => process.kill(targets.parent, 0),
  }
  const results: Record<string, string> = { held }
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt()
      results[name] = 'done'
    } catch (error) {
      results[name] = (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }
  return results
}

function inThread(code: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true })
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}

function connected(target: number | string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target)
    socket.on('error', reject)
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}

function sent(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.on('error', reject)
    socket.send('x', port, '127.0.0.1', (error) => {
      socket.close()
      if (error === null) resolve()
      else reject(error)
    })
  })
}

function listening(): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => server.close(() => resolve()))
  })
}

function started(program: string, parameters: readonly string[]): void {
  const { error, status } = spawnSync(program, parameters)
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`ended with ${status}`)
}
