import { fork } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProbeResults, ProbeTargets } from '../../test/support/lockdown-probe.ts'
import { landlockVersion } from './landlock.ts'
import { startLockedProcess } from './locked-process.ts'

const entry = new URL('../../test/support/lockdown-probe.ts', import.meta.url)
const allowedAlways = ['read the model', 'start a thread']

let folder: string
let tcp: Server
let unix: Server
let udp: Socket
let targets: Omit<ProbeTargets, 'restrict'>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'elpis-lockdown-'))
  // Landlock allows single files, too: the model lies in the same folder as what must stay out of reach.
  for (const name of ['model.gguf', 'secret', 'removable']) writeFileSync(join(folder, name), name)
  tcp = createServer().listen(0, '127.0.0.1')
  unix = createServer().listen(join(folder, 'socket'))
  udp = createSocket('udp4').bind(0, '127.0.0.1')
  await Promise.all([once(tcp, 'listening'), once(unix, 'listening'), once(udp, 'listening')])
  targets = {
    model: join(folder, 'model.gguf'),
    secret: join(folder, 'secret'),
    folder,
    tcpPort: (tcp.address() as AddressInfo).port,
    udpPort: udp.address().port,
    socketPath: join(folder, 'socket'),
    parent: process.pid,
  }
})

afterAll(() => {
  tcp.close()
  unix.close()
  udp.close()
  rmSync(folder, { recursive: true })
})

async function probe(locked: boolean, restrict: boolean): Promise<ProbeResults> {
  const child = locked
    ? startLockedProcess({ entry, reads: [targets.model], serialization: 'json' })
    : fork(fileURLToPath(entry), { execArgv: [] })
  await once(child, 'message')
  child.send({ ...targets, restrict })
  const [results] = (await once(child, 'message')) as [ProbeResults]
  return results
}

function done(results: ProbeResults): string[] {
  return Object.keys(results).filter((name) => results[name] === 'done')
}

describe.runIf(landlockVersion() > 0)('a locked process', () => {
  test('can do nothing to the machine but read the model and its own program', async () => {
    const results = await probe(true, false)
    expect(results['held']).toMatch(/^no_new_privs, landlock \d+, seccomp$/)
    expect(done(results)).toEqual([...allowedAlways, 'read Node'])
  })

  test('can read nothing but the model once it is restricted to it', async () => {
    const results = await probe(true, true)
    expect(results['held']).toMatch(/^no_new_privs, landlock \d+, seccomp$/)
    expect(done(results)).toEqual(allowedAlways)
  })

  test('is what makes the difference: the same attempts work unlocked', async () => {
    const results = await probe(false, true)
    expect(results['held']).toBe('')
    expect(Object.keys(results).filter((name) => results[name] !== 'done' && name !== 'held')).toEqual([
      // Only a debugger may do that.
      'read the memory of the parent',
    ])
  })
})
