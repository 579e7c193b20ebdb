import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Client } from 'undici'
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Access } from '../../access/access.ts'
import { createAccess } from '../../access/create-access.ts'
import { systemClock } from '../../core/clock.ts'
import { UserError } from '../../errors.ts'
import { openStorage } from '../../storage/storage.ts'
import { connectControl, type ControlClient } from './client.ts'
import type { ServerStatus } from './protocol.ts'
import { startControl, type Control } from './server.ts'

let folder: string
let home: string
let access: Access

// One storage for all: what is tested lies in front of it.
beforeAll(async () => {
  const own = mkdtempSync(join(tmpdir(), 'elpis-control-'))
  const storage = await openStorage({ home: own })
  access = await createAccess({ store: storage, clock: systemClock })
  return async () => {
    await access.close()
    await storage.close()
    rmSync(own, { recursive: true })
  }
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elpis-control-'))
  home = join(folder, 'home')
  mkdirSync(home, { mode: 0o700 })
  return () => rmSync(folder, { recursive: true })
})

afterEach(() => vi.unstubAllEnvs())

const running: ServerStatus = { pid: 4711, version: '1.2.3', address: 'http://localhost:4141', startedAt: 5 }

async function start(status = running, at = home): Promise<Control> {
  const control = await startControl({ home: at, access, status: () => status })
  onTestFinished(() => control.close())
  return control
}

async function connect(at = home): Promise<ControlClient> {
  const client = await connectControl(at)
  if (client === null) throw new Error('no server')
  onTestFinished(() => client.close())
  return client
}

/** A process that runs `script` with `path` as its argument and has printed its first byte. */
async function process_(script: string, path: string) {
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}

describe('the operator’s door', () => {
  test('makes, lists and revokes keys, at once for the server behind it', async () => {
    await start()
    const client = await connect()
    expect(client.status).toEqual(running)
    const made = await client.createKey('laptop')
    const admission = await access.admit({ bearer: made.key, cookie: null })
    expect(await client.listKeys()).toEqual(await access.listKeys())
    expect(await client.revokeKey('laptop')).toMatchObject({ id: made.id, revokedAt: expect.any(Number) })
    expect(admission.revoked.reason).toMatchObject({ code: 'key_revoked' })
    expect(JSON.stringify(await client.listKeys())).not.toContain(made.key)
  })

  test('hands out sign-in links that work', async () => {
    await start()
    const { url } = await (await connect()).createSignInLink()
    const [page, token = ''] = url.split('#')
    expect(page).toBe('http://localhost:4141/sign-in')
    expect((await access.signIn({ token })).principal.name).toBe('owner')
  })

  test('has no link before the server listens', async () => {
    await start({ ...running, address: null })
    await expect((await connect()).createSignInLink()).rejects.toMatchObject({ code: 'server_starting' })
  })

  test('refusals arrive as they were thrown', async () => {
    await start()
    const error: unknown = await (await connect()).revokeKey('no\tbody').catch((error: unknown) => error)
    expect(error).toBeInstanceOf(UserError)
    expect(error).toMatchObject({
      code: 'key_not_found',
      exit: 3,
      message: 'There is no key "no\tbody".',
      hint: expect.stringContaining('elpis keys list'),
    })
    await expect((await connect()).createKey('')).rejects.toMatchObject({ code: 'key_name_invalid' })
  })

  test('survives whatever is sent to it', async () => {
    const { path } = await start()
    const keys = await access.listKeys()
    const client = new Client('http://localhost', { socketPath: path })
    onTestFinished(() => client.destroy())
    const bodies = [
      '',
      '{',
      '[]',
      'null',
      '{"name":1}',
      '{"name":"a","admin":true}',
      `{"name":"${'x'.repeat(20_000)}"}`,
    ]
    for (const body of bodies) {
      const answer = await client.request({
        method: 'POST',
        path: '/keys',
        body,
        headers: { 'content-type': 'application/json' },
      })
      const { error } = (await answer.body.json()) as { error: { code: string } }
      expect([400, 413]).toContain(answer.statusCode)
      expect(error.code).toMatch(/invalid_request|unknown_parameter/)
    }
    const answer = await client.request({ method: 'GET', path: '/etc/passwd' })
    expect(answer.statusCode).toBe(404)
    await answer.body.dump()
    expect(await (await connect()).listKeys()).toEqual(keys)
  })
})

describe('the socket', () => {
  test('is this user’s alone, and gone with the server', async () => {
    const control = await start()
    expect(control.path).toBe(join(home, 'control.sock'))
    expect(statSync(control.path).mode & 0o777).toBe(0o600)
    await control.close()
    expect(readdirSync(home).filter((name) => /sock|^\.c-/.test(name))).toEqual([])
    expect(await connectControl(home)).toBeNull()
  })

  test('without a home there is no server', async () => {
    expect(await connectControl(join(folder, 'nowhere'))).toBeNull()
  })

  test('that a killed server left behind is no server, and makes way for the next', async () => {
    const kill = await process_(
      'require("node:net").createServer().listen(process.argv[1], () => console.log(1))',
      join(home, 'control.sock'),
    )
    await kill()
    expect(existsSync(join(home, 'control.sock'))).toBe(true)
    expect(await connectControl(home)).toBeNull()
    await start()
    expect((await connect()).status).toEqual(running)
  })

  test('that answers something else is reported, not taken for a server', async () => {
    const kill = await process_(
      'require("node:http").createServer((_, r) => r.end("{}")).listen(process.argv[1], () => console.log(1))',
      join(home, 'control.sock'),
    )
    onTestFinished(kill)
    await expect(connectControl(home)).rejects.toMatchObject({ code: 'control_failed' })
  })

  test('of a home with a long path lies in a private folder elsewhere', async () => {
    vi.stubEnv('TMPDIR', folder)
    const long = join(folder, 'x'.repeat(100))
    mkdirSync(long)
    const { path } = await start(running, long)
    expect(Buffer.byteLength(path)).toBeLessThan(104)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    expect((await connect(long)).status).toEqual(running)
  })

  test('is not put where others could put theirs', async () => {
    vi.stubEnv('TMPDIR', folder)
    const long = join(folder, 'x'.repeat(100))
    mkdirSync(long)
    const shared = join(folder, `elpis-${userInfo().uid}`)
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    await expect(startControl({ home: long, access, status: () => running })).rejects.toMatchObject({
      code: 'control_failed',
    })
    chmodSync(shared, 0o700)
    await start(running, long)
  })
})

describe('one home', () => {
  test('has one server: the second is told about the first', async () => {
    const first = await start()
    const second = startControl({ home, access, status: () => running })
    await expect(second).rejects.toMatchObject({ code: 'home_in_use' })
    await expect(second).rejects.toThrow(
      `Another server (process 4711, http://localhost:4141) is running on ${home}`,
    )
    // It did no harm to the first.
    expect((await connect()).status).toEqual(running)
    await first.close()
    await start()
  })

  test('is free again when its server was killed', async () => {
    const kill = await process_(
      `const { DatabaseSync } = require('node:sqlite')
       new DatabaseSync(process.argv[1]).exec('begin exclusive')
       console.log(1)
       setInterval(() => {}, 1000)`,
      join(home, 'server.lock'),
    )
    await expect(startControl({ home, access, status: () => running })).rejects.toMatchObject({
      code: 'home_in_use',
    })
    await kill()
    await start()
  })
})
