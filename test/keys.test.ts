/** `elpis keys` as its users run it, with and without a server. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { startControl } from '../src/api/control/server.ts'
import { systemClock } from '../src/core/clock.ts'
import { openStorage } from '../src/storage/storage.ts'
import { elpis, freshHome, type Home } from './support/elpis.ts'

const newHome = (): Home => {
  const home = freshHome()
  onTestFinished(() => home[Symbol.asyncDispose]())
  return home
}

/** The part of a server that keys have to do with. */
async function server({ path: home }: Home, address = 'http://localhost:4999') {
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  const status = () => ({ pid: process.pid, version: '0.0.0', address, startedAt: 0 })
  const control = await startControl({ home, access, status })
  onTestFinished(async () => {
    await control.close()
    await access.close()
    await storage.close()
  })
  return access
}

describe('without a server', () => {
  test('a key is made, listed, used by the next server, and revoked', async () => {
    const home = newHome()
    const made = await elpis(home, ['keys', 'create', '--name', 'laptop', '--json'])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const { id, key, ...rest } = JSON.parse(made.stdout) as Record<string, string>
    expect(rest).toEqual({
      name: 'laptop',
      createdAt: expect.any(Number),
      organisationId: 'org_home',
      personId: null,
      expiresAt: null,
    })
    expect(key).toMatch(/^elpis-[0-9A-Za-z]{49}$/)

    const list = await elpis(home, ['keys', 'list'])
    expect(list.stdout).toMatch(new RegExp(`^${id} .* never +works +laptop$`, 'm'))
    expect(list.stdout).not.toContain(key)
    const access = await server(home)
    expect((await access.admit({ bearer: key ?? '', cookie: null })).principal).toMatchObject({ keyId: id })
    await access.close()

    expect(await elpis(home, ['keys', 'revoke', id ?? ''])).toMatchObject({ code: 0 })
    const listed = JSON.parse((await elpis(home, ['keys', 'list', '--json'])).stdout) as { keys: unknown[] }
    expect(listed.keys).toEqual([
      expect.objectContaining({ id, name: 'laptop', revokedAt: expect.any(Number) }),
    ])
  })

  test('a sign-in link leads nowhere, and that is said', async () => {
    const { code, stdout, stderr } = await elpis(newHome(), ['keys', 'link'])
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
    expect(stderr).toContain('elpis serve')
  })

  test.each([
    [['keys', 'create'], 2, 'usage'],
    [['keys', 'create', '--name', ' '], 2, 'key_name_invalid'],
    [['keys', 'revoke'], 2, 'usage'],
    [['keys', 'revoke', 'nobody'], 3, 'key_not_found'],
  ])('%j ends with %i', async (words, exit, expected) => {
    const { code, stdout } = await elpis(newHome(), [...words, '--json'])
    expect(code).toBe(exit)
    expect(JSON.parse(stdout)).toEqual({
      error: { code: expected, message: expect.any(String), hint: expect.stringMatching(/./) },
    })
  })
})

describe('beside a running server', () => {
  test('a key works at once, and ends at once with what it runs', async () => {
    const home = newHome()
    const access = await server(home)
    const { stdout, stderr } = await elpis(home, ['keys', 'create', '--name', 'laptop'])
    // Only the key is on standard output, for $(…); how to use it stands beside it, for people.
    const key = stdout.trim()
    expect(stderr).toContain(`curl http://localhost:4999/v1/models -H "Authorization: Bearer ${key}"`)
    expect(stderr).toContain('once')
    const { revoked } = await access.admit({ bearer: key, cookie: null })
    expect((await elpis(home, ['keys', 'revoke', 'laptop'])).code).toBe(0)
    expect(revoked.reason).toMatchObject({ code: 'key_revoked' })
  })

  test('a link is printed, good for one sign-in', async () => {
    const home = newHome()
    const access = await server(home)
    const { stdout } = await elpis(home, ['keys', 'link', '--json'])
    const { url } = JSON.parse(stdout) as { url: string }
    expect(url).toMatch(/^http:\/\/localhost:4999\/sign-in#[\w-]{43}$/)
    const token = url.split('#')[1] ?? ''
    await access.signIn({ token })
    await expect(access.signIn({ token })).rejects.toMatchObject({ code: 'link_invalid' })
  })

  test('a name that several keys have is asked back about', async () => {
    const home = newHome()
    const access = await server(home)
    const [one, two] = [await access.createKey('ci'), await access.createKey('ci')]
    const { code, stderr } = await elpis(home, ['keys', 'revoke', 'ci'])
    expect(code).toBe(2)
    expect(stderr).toContain(`${one.id}, ${two.id}`)
  })
})
