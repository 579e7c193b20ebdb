/** Organisations, people, and what their keys may do: on the real store, in memory of this test only. */
import { describe, expect, test } from 'vitest'
import type { Access } from '../src/access/access.ts'
import type { KeyLimits } from '../src/access/key-limits-schema.ts'
import { noLimits } from '../src/access/key-limits.ts'
import type { Principal, Role } from '../src/core/principal.ts'
import { byCookie, byKey, freshHome, place } from './support/access-place.ts'

const refused = (code: string) => expect.objectContaining({ code })
const day = 86_400_000

async function principalOf(access: Access, key: string): Promise<Principal> {
  const admission = await access.admit(byKey(key))
  admission.release()
  return admission.principal
}

/** An organisation with one of each role, and a key for each. */
async function staffed(access: Access, name = 'Acme') {
  const organisation = await access.directory.createOrganisation(name)
  const of = async (role: Role) => {
    const person = await access.directory.addPerson({
      name: `${name} ${role}`,
      email: `${role}@${name.toLowerCase()}.example`,
      role,
      organisation: organisation.id,
    })
    const { key, id } = await access.createKey(role, { person: person.id, role })
    return { person, key, keyId: id, principal: await principalOf(access, key) }
  }
  return {
    organisation,
    owner: await of('owner'),
    admin: await of('admin'),
    auditor: await of('auditor'),
    member: await of('member'),
  }
}

describe('a key', () => {
  test('carries the organisation, the person and the role of whoever it belongs to', async () => {
    const { access } = await place()
    const { organisation, admin } = await staffed(access)
    expect(admin.principal).toMatchObject({
      organisationId: organisation.id,
      personId: admin.person.id,
      role: 'admin',
    })
    const { cookie } = await access.signIn({ key: admin.key })
    expect(access.sessionOf(cookie)).toMatchObject({ personId: admin.person.id, role: 'admin' })
  })

  test('never does more than its person, however it was made', async () => {
    const { access } = await place()
    const { member, owner } = await staffed(access)
    const strong = await access.createKey('strong', { person: member.person.id, role: 'owner' })
    expect((await principalOf(access, strong.key)).role).toBe('member')
    const weak = await access.createKey('weak', { person: owner.person.id, role: 'auditor' })
    expect((await principalOf(access, weak.key)).role).toBe('auditor')
    await access.directory.setRole(owner.person.id, 'reviewer')
    // Of two roles beside each other neither is left.
    expect((await principalOf(access, weak.key)).role).toBe('member')
  })

  test('lets nobody in once it has expired, and lets what runs finish', async () => {
    const { access, pass } = await place()
    const { key } = await access.createKey('short', { expiresAt: 1_800_000_000_000 + day })
    const { cookie } = await access.signIn({ key })
    pass(day - 1)
    const running = await access.admit(byKey(key))
    pass(1)
    await expect(access.admit(byKey(key))).rejects.toEqual(refused('key_expired'))
    await expect(access.admit(byCookie(cookie))).rejects.toEqual(refused('key_invalid'))
    expect(running.revoked.aborted).toBe(false)
  })

  test('of a service has two live secrets while it changes over', async () => {
    const home = freshHome()
    const { access } = await place(home)
    const { access: elsewhere } = await place(home)
    const first = await access.createKey('worker', { service: true })
    const [one, other] = await Promise.all([access.admit(byKey(first.key)), access.admit(byKey(first.key))])
    other.release()
    const second = await access.rotateKey('worker', true)
    expect(second.id).toBe(first.id)
    for (const key of [first.key, second.key]) expect((await principalOf(access, key)).keyId).toBe(first.id)
    expect(one.revoked.aborted).toBe(false)
    await expect.poll(() => principalOf(elsewhere, second.key).catch(() => null)).not.toBeNull()
    const two = await access.admit(byKey(second.key))
    const third = await access.rotateKey('worker', true)
    expect(one.revoked.reason).toEqual(refused('key_revoked'))
    expect(two.revoked.aborted).toBe(false)
    await expect(access.admit(byKey(first.key))).rejects.toEqual(refused('key_invalid'))
    await access.rotateKey('worker', false)
    expect(two.revoked.reason).toEqual(refused('key_revoked'))
    for (const key of [second.key, third.key])
      await expect(access.admit(byKey(key))).rejects.toEqual(refused('key_invalid'))
    await expect
      .poll(() => elsewhere.admit(byKey(third.key)).catch((error: unknown) => error))
      .toEqual(refused('key_invalid'))
  })

  test('of somebody at a desk is not rotated', async () => {
    const { access } = await place()
    await access.createKey('laptop')
    await expect(access.rotateKey('laptop', true)).rejects.toEqual(refused('key_not_service'))
  })
})

describe('what a key is narrowed to', () => {
  const limited = (limits: Partial<KeyLimits>) => ({ limits: { ...noLimits, ...limits } })
  const chat = { needs: 'answers', path: '/v1/chat/completions' } as const
  const files = { needs: 'files', path: '/v1/files/:id' } as const

  test('scopes and endpoints are those of the route that was found', async () => {
    const { access } = await place()
    const scoped = await access.createKey('a', limited({ scopes: ['answers'] }))
    expect(await access.enter(byKey(scoped.key), chat)).toMatchObject({ name: 'a' })
    await expect(access.enter(byKey(scoped.key), files)).rejects.toEqual(refused('scope_refused'))
    const pathed = await access.createKey('b', limited({ endpoints: ['/v1/files*'] }))
    expect(await access.enter(byKey(pathed.key), files)).toMatchObject({ name: 'b' })
    await expect(access.enter(byKey(pathed.key), chat)).rejects.toEqual(refused('scope_refused'))
    const { cookie } = await access.signIn({ key: scoped.key })
    await expect(access.enter(byCookie(cookie), files)).rejects.toEqual(refused('scope_refused'))
    await expect(access.enter({ bearer: null, cookie: null, onBehalfOf: scoped.id }, files)).rejects.toEqual(
      refused('scope_refused'),
    )
  })

  test('models and adapters are those that are routed, whatever their names look like', async () => {
    const served = [
      { id: 'small' },
      { id: 'small+tone', parent: 'small' },
      { id: 'small+law', parent: 'small' },
      { id: 'small+plus' },
      { id: 'large' },
    ].map((model) => Object.assign(model, { contextTokens: 100 }))
    const { access } = await place(freshHome(), { models: () => served })
    const { key } = await access.createKey('a', limited({ models: ['small'], adapters: ['tone'] }))
    const may = (model: string) =>
      access.admit(byKey(key), { model, kind: 'tokenize', work: null, request: null }).then(
        (admission) => {
          admission.release()
          return true
        },
        () => false,
      )
    const asked = ['small', 'small+tone', 'small+law', 'small+plus', 'large', 'unknown', 'small+unknown', '']
    expect(await Promise.all(asked.map(may))).toEqual([true, true, ...Array<boolean>(6).fill(false)])
  })

  test('networks are those of the client, and an unknown address is none of them', async () => {
    const { access } = await place()
    const { key } = await access.createKey('a', limited({ networks: ['10.0.0.0/8', '2001:db8::/32'] }))
    const from = (network: string | null) => access.admit({ ...byKey(key), network })
    expect((await from('10.1.1.1')).principal.network).toBe('10.1.1.1')
    expect((await from('2001:db8::5')).principal.network).toBe('2001:db8::5')
    for (const network of ['11.0.0.1', '2001:db9::1', null])
      await expect(from(network)).rejects.toEqual(refused('network_refused'))
  })
})

describe('a minted key never exceeds its minter', () => {
  const wish = (limits: Partial<KeyLimits>) => ({ limits: { ...noLimits, ...limits } })

  test('in role, organisation, person, scopes, networks, rate and time', async () => {
    const { access } = await place()
    const other = await staffed(access, 'Other')
    const { admin, member, auditor, organisation } = await staffed(access)
    const narrow = await access.createKey('narrow', {
      person: admin.person.id,
      role: 'admin',
      expiresAt: 1_800_000_000_000 + day,
      limits: {
        scopes: ['keys.write', 'keys.read', 'answers'],
        endpoints: null,
        models: ['small*'],
        adapters: null,
        networks: ['10.0.0.0/8'],
        rate: { requests: 100, period: 'day' },
      },
    })
    const by = (await access.admit({ ...byKey(narrow.key), network: '10.0.0.1' })).principal
    const beyond = [
      { role: 'owner' as const },
      { role: 'auditor' as const },
      { role: 'reviewer' as const },
      { expiresAt: 1_800_000_000_000 + day + 1 },
      wish({ scopes: ['answers', 'files'] }),
      wish({ models: ['large'] }),
      wish({ models: ['*'] }),
      wish({ networks: ['0.0.0.0/0'] }),
      wish({ networks: ['10.0.0.0/7'] }),
      wish({ networks: ['2001:db8::/32'] }),
      wish({ rate: { requests: 1, period: 'minute' } }),
    ]
    for (const each of beyond)
      expect([each, await access.createKey('x', each, by).catch((error: unknown) => error)]).toEqual([
        each,
        refused('beyond_minter'),
      ])
    await expect(access.createKey('x', { organisation: other.organisation.id }, by)).rejects.toEqual(
      refused('organisation_not_found'),
    )
    await expect(access.createKey('x', { person: other.member.person.id }, by)).rejects.toEqual(
      refused('person_not_found'),
    )
    // What it leaves open is as narrow as its minter.
    await access.createKey('heir', {}, by)
    const heir = (await access.listKeys(by)).find(({ name }) => name === 'heir')
    const minted = (await access.listKeys()).find(({ id }) => id === narrow.id)
    expect(heir).toMatchObject({
      organisationId: organisation.id,
      role: 'member',
      expiresAt: minted?.expiresAt,
      limits: minted?.limits,
    })

    // Who does not manage makes keys for themselves only, and an auditor's are no more than that.
    await expect(access.createKey('x', { person: admin.person.id }, member.principal)).rejects.toEqual(
      refused('not_permitted'),
    )
    await expect(access.createKey('x', { role: 'admin' }, auditor.principal)).rejects.toEqual(
      refused('beyond_minter'),
    )
    await expect(access.createKey('x', { service: true }, member.principal)).rejects.toEqual(
      refused('beyond_minter'),
    )
    const own = await access.createKey('own', {}, member.principal)
    expect(await principalOf(access, own.key)).toMatchObject({ personId: member.person.id, role: 'member' })
  })

  test('nor gives a secret to one that may do more', async () => {
    const { access } = await place()
    const { admin, organisation } = await staffed(access)
    await access.createKey('strong', { organisation: organisation.id, role: 'owner', service: true })
    await access.createKey('wide', { organisation: organisation.id, role: 'admin', service: true })
    const narrow = await access.createKey('narrow', {
      person: admin.person.id,
      role: 'admin',
      ...wish({ models: ['small'] }),
    })
    const by = await principalOf(access, narrow.key)
    for (const which of ['strong', 'wide'])
      await expect(access.rotateKey(which, true, by)).rejects.toEqual(refused('beyond_minter'))
    expect(await access.rotateKey('wide', true, admin.principal)).toMatchObject({ name: 'wide' })
  })
})

describe('an organisation', () => {
  test('sees and changes nothing of another', async () => {
    const { access } = await place()
    const { owner } = await staffed(access)
    const other = await staffed(access, 'Other')
    const { directory } = access
    expect(directory.organisations(owner.principal).map(({ name }) => name)).toEqual(['Acme'])
    expect(directory.people(owner.principal).map(({ organisationId }) => organisationId)).not.toContain(
      other.organisation.id,
    )
    expect((await access.listKeys(owner.principal)).map(({ id }) => id)).not.toContain(other.member.keyId)
    const attempts = [
      access.revokeKey(other.member.keyId, owner.principal),
      access.rotateKey(other.member.keyId, true, owner.principal),
      directory.setRole(other.member.person.id, 'admin', owner.principal),
      directory.removePerson(other.member.person.id, owner.principal),
      directory.removeOrganisation(other.organisation.id, owner.principal),
      directory.createOrganisation('Mine', owner.principal),
      directory.addPerson(
        { name: 'x', email: null, role: 'member', organisation: other.organisation.id },
        owner.principal,
      ),
    ]
    const codes = (await Promise.allSettled(attempts)).map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : 'done',
    )
    expect(codes).toEqual([
      'key_not_found',
      'key_not_found',
      'person_not_found',
      'person_not_found',
      'organisation_not_found',
      'beyond_minter',
      'organisation_not_found',
    ])
  })

  test('ends with everything of it, here and elsewhere, and the home stays', async () => {
    const home = freshHome()
    const { access } = await place(home)
    const { access: elsewhere } = await place(home)
    const { owner, organisation } = await staffed(access)
    await expect.poll(() => principalOf(elsewhere, owner.key).catch(() => null)).not.toBeNull()
    const [here, there] = await Promise.all([
      access.admit(byKey(owner.key)),
      elsewhere.admit(byKey(owner.key)),
    ])
    await access.directory.removeOrganisation('Acme')
    expect(here.revoked.reason).toEqual(refused('key_revoked'))
    await expect.poll(() => there.revoked.aborted).toBe(true)
    await expect(access.admit(byKey(owner.key))).rejects.toEqual(refused('key_invalid'))
    expect(access.directory.organisations().map(({ id }) => id)).not.toContain(organisation.id)
    await access.directory.createOrganisation('Acme')
    await expect(access.directory.removeOrganisation('home')).rejects.toEqual(refused('home_stays'))
  })
})

describe('a person', () => {
  test('who may do less, or is gone, has nothing running on with what they could do before', async () => {
    const { access } = await place()
    const { admin, member } = await staffed(access)
    const { cookie } = await access.signIn({ key: admin.key })
    const running = await Promise.all([access.admit(byKey(admin.key)), access.admit(byCookie(cookie))])
    const others = await access.admit(byKey(member.key))
    await access.directory.setRole(admin.person.id, 'member')
    for (const { revoked } of running) expect(revoked.reason).toEqual(refused('role_changed'))
    expect((await principalOf(access, admin.key)).role).toBe('member')
    const again = await access.admit(byKey(admin.key))
    await access.directory.removePerson('admin@acme.example')
    expect(again.revoked.reason).toEqual(refused('key_revoked'))
    await expect(access.admit(byKey(admin.key))).rejects.toEqual(refused('key_invalid'))
    expect(others.revoked.aborted).toBe(false)
  })

  test('is given no role that whoever gives it has not', async () => {
    const { access } = await place()
    const { admin, owner, auditor } = await staffed(access)
    const { directory } = access
    for (const role of ['owner', 'auditor', 'reviewer'] as const) {
      await expect(directory.addPerson({ name: 'x', email: null, role }, admin.principal)).rejects.toEqual(
        refused('beyond_minter'),
      )
      await expect(directory.setRole(admin.person.id, role, admin.principal)).rejects.toEqual(
        refused('beyond_minter'),
      )
    }
    await expect(directory.removePerson(owner.person.id, admin.principal)).rejects.toEqual(
      refused('beyond_minter'),
    )
    await expect(directory.setRole(auditor.person.id, 'member', admin.principal)).rejects.toEqual(
      refused('beyond_minter'),
    )
    await expect(
      directory.addPerson({ name: 'x', email: null, role: 'member' }, auditor.principal),
    ).rejects.toEqual(refused('not_permitted'))
  })
})

describe('an end user', () => {
  test('is a keyed hash, another in every organisation, that says nothing', async () => {
    const { access } = await place()
    const [one, two] = [await staffed(access), await staffed(access, 'Other')]
    const of = async (key: string, endUser: string | null) =>
      (await access.admit({ ...byKey(key), endUser })).principal.endUser
    const ann = await of(one.member.key, 'ann@example.com')
    expect(ann).toMatch(/^[0-9a-f]{32}$/)
    expect(await of(one.owner.key, 'ann@example.com')).toBe(ann)
    expect(await of(one.member.key, 'bob@example.com')).not.toBe(ann)
    expect(await of(two.member.key, 'ann@example.com')).not.toBe(ann)
    expect(await of(one.member.key, null)).toBeNull()
  })
})
