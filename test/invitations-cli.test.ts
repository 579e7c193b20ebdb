/** `elpis people invite`, with a server, which knows at once, and without one. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { createSignIn } from '../src/access/sign-in/person-sign-in.ts'
import { startControl } from '../src/api/control/server.ts'
import { signInControlRoutes } from '../src/api/sign-in/control-routes.ts'
import { systemClock } from '../src/core/clock.ts'
import { openStorage } from '../src/storage/storage.ts'
import { elpis, freshHome, type Home } from './support/elpis.ts'

const ada = ['people', 'invite', 'ada@acme.example', '--name', 'Ada', '--role', 'reviewer', '--json']

interface Made {
  readonly person_id: string
  readonly url: string
}

/** The part of a server that invitations have to do with. */
async function server({ path: home }: Home) {
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  const signIn = createSignIn({
    store: storage.signIn,
    door: access.door,
    clock: systemClock,
    providers: {},
    address: () => 'https://elpis.example',
    homeKey: randomBytes(32),
  })
  const status = () => ({ pid: process.pid, version: '0.0.0', address: null, startedAt: 0 })
  const more = [signInControlRoutes({ signIn })]
  const control = await startControl({ home, access, status, more })
  return {
    signIn,
    async [Symbol.asyncDispose]() {
      await control.close()
      await access.close()
      await storage.close()
    },
  }
}

test('the link works once it is made, and one that was made before ends', async () => {
  await using home = freshHome()
  const without = await elpis(home, ada)
  expect(without).toMatchObject({ code: 0, stderr: '' })
  const first = JSON.parse(without.stdout) as Made
  expect(first.url).toMatch(/^http:\/\/localhost:\d+\/invitation#/u)

  await using running = await server(home)
  const tokenOf = ({ url }: Made) => url.split('#')[1] ?? ''
  const invitation = await running.signIn.invitation(tokenOf(first))
  expect(invitation).toMatchObject({ name: 'Ada', role: 'reviewer' })
  const second = JSON.parse((await elpis(home, ada)).stdout) as Made
  expect(second.person_id).toBe(first.person_id)
  expect(second.url).toMatch(/^https:\/\/elpis\.example\/invitation#/u)
  await expect(running.signIn.invitation(tokenOf(first))).rejects.toMatchObject({
    code: 'invitation_invalid',
  })
  expect(await running.signIn.invitation(tokenOf(second))).toMatchObject({ name: 'Ada' })

  const plain = await elpis(home, ['people', 'invite', 'bob@acme.example'])
  expect(plain.stdout).toMatch(/^https:\/\/elpis\.example\/invitation#\S+\n$/u)
  const wrong = await elpis(home, ['people', 'invite', 'eve@acme.example', '--role', 'king'])
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('There is no role')])
}, 60_000)
