/**
 * What is changed and what the log says of it are one: a change whose entry cannot be written is not made, and what was
 * not changed is no act, of two who do the same at once as well.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { OwnAccounts, type PersonPrincipal } from '../src/access/sign-in/own-account.ts'
import { createSignIn } from '../src/access/sign-in/person-sign-in.ts'
import { totpCode, totpStep } from '../src/access/sign-in/totp.ts'
import { parseEntry, type ActEntry } from '../src/audit/log-entry.ts'
import type { ActLeaf, Acts } from '../src/core/acts.ts'
import { systemClock } from '../src/core/clock.ts'
import type { CaseId, EntryId, KeyId, SubjectName } from '../src/core/ids.ts'
import { Incidents } from '../src/monitoring/incidents/incidents.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'
import { prepareDatabase } from './support/prepared-home.ts'
import { standingOn } from './support/standing.ts'
import { startedAudit } from './support/started-audit.ts'

const postgres = await postgresForTests()
const databases = ['SQLite', ...(postgres === null ? [] : ['Postgres'])]
const password = 'plum kettle orbit fjord'
const visitor = { origin: null, network: null, agent: null }
const document = { name: 'terms', title: 'Terms', link: null, text: 'Be kind.', version: 'one' }
const nothing = { addRegimes: [], addEvidence: [], reported: [], close: false }

/** All that makes changes, over one log. */
async function stages(storage: Storage, acts: Acts) {
  const access = await createAccess({
    store: storage,
    clock: systemClock,
    acts,
    demands: { who: 'people', documents: () => [document] },
  })
  const { standing } = await standingOn(
    {},
    {
      storage,
      acts,
      clock: systemClock,
      shutdown: { restartPeople: 2, twoPeople: true },
      deeds: { 'content-export': { carryOut: async () => {} } },
    },
  )
  onTestFinished(async () => {
    await standing.close()
    await access.close()
  })
  const parts = {
    store: storage.signIn,
    door: access.door,
    clock: systemClock,
    homeKey: randomBytes(32),
    acts,
  }
  const evidence = { proof: async () => null, unknown: async () => [] }
  return {
    access,
    standing,
    accounts: new OwnAccounts(parts),
    signIn: createSignIn({ ...parts, providers: {}, address: () => 'http://localhost' }),
    incidents: new Incidents({ store: storage.incidents, clock: systemClock, acts, evidence }),
  }
}

async function place(database: string) {
  const home = mkdtempSync(join(tmpdir(), 'elpis-as-one-'))
  if (database === 'SQLite') prepareDatabase(home)
  const url = database === 'Postgres' ? ((await postgres?.freshDatabase()) ?? '') : ''
  const storage = await openStorage({ home, storage: { url } })
  const audit = await startedAudit(storage, home)
  onTestFinished(async () => {
    await audit.close()
    await storage.close()
    rmSync(home, { recursive: true, force: true })
  })
  const entries = async (): Promise<ActEntry[]> => {
    const { size } = await storage.audit.state()
    const bodies = await storage.audit.bodies(0, size)
    return bodies.flatMap((body) => {
      const entry = parseEntry(Buffer.from(body))
      return entry?.type === 'act' ? [entry] : []
    })
  }
  return {
    storage,
    audit,
    ...(await stages(storage, audit.acts)),
    entries,
    /** What `work` left in the log. */
    of: async (work: () => Promise<unknown>): Promise<string[]> => {
      const before = (await entries()).length
      await work()
      return (await entries()).slice(before).map(({ kind, details }) => {
        const { change, state } = details
        return [kind, change ?? state].filter((word) => word !== undefined).join(' ')
      })
    },
  }
}

/** An entry that is in the log already: the database refuses to append it again. */
async function unwritable({ audit, storage }: Awaited<ReturnType<typeof place>>): Promise<ActLeaf> {
  const id = await audit.acts.record({ kind: 'server-started', by: 'server', about: null, details: {} })
  return { id, hash: 'AAAA', body: (await storage.audit.leaf(id))?.body ?? '' }
}

/** All at once. @returns `done`, or the code of what it was told, of each in order of what became of it */
async function outcomes(...work: (() => Promise<unknown>)[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(work.map((one) => one()))
  const told = settled.map((one) =>
    one.status === 'fulfilled' ? 'done' : ((one.reason as { code?: string }).code ?? 'internal'),
  )
  return told.toSorted((one, other) => Number(other === 'done') - Number(one === 'done'))
}

async function signedIn({ access }: Awaited<ReturnType<typeof stages>>, email: string) {
  const { id: personId } = await access.directory.addPerson({ name: 'Ann', email, role: 'member' })
  const { principal } = await access.door.open({ personId, method: 'invitation', visitor })
  return principal as PersonPrincipal
}

describe.each(databases)('on %s', { timeout: 60_000 }, (database) => {
  test('a change whose entry cannot be written is not made', async () => {
    const here = await place(database)
    const { storage, access, standing, incidents } = here
    const ann = await signedIn(here, 'ann@example.org')
    const { id: acme } = await access.directory.createOrganisation('acme')
    const key = await access.createKey('worker', { service: true })
    const wish = { subject: 'server', model: null, meter: 'requests', period: 'day', amount: 1 } as const
    const quota = await access.quotas.set(wish)
    const target = { kind: 'key', value: key.id } as const
    const step = { target, rung: 'banned', reason: 'spam', lasts: null } as const
    const { caseId } = await standing.act(step, 'owner')
    const note = { at: Date.now(), kind: 'noticed', by: 'owner', detail: {} } as const
    const noted = await storage.cases.extend(
      { kind: 'key', value: 'key_other' as KeyId },
      'case_other' as CaseId,
      [note],
    )
    await standing.shutdowns.begin('a leak', 'owner')
    const grave = { kind: 'shutdown', subject: 'all', reason: 'a leak' } as const
    const proposal = await standing.proposals.ask(grave, 'person_one')
    const { id: incident } = await incidents.open({ title: 'Leak', regimes: [], evidence: [] }, 'owner')
    const subject = `person:${ann.personId}` as SubjectName
    await storage.subjects.ensure(subject, 'wrapped', 1)
    const notice = {
      id: 'notice',
      subject,
      entry: 'ent_x' as EntryId,
      at: 1,
      by: 'owner',
      reason: 'why',
      seen: null,
    }

    const entry = await unwritable(here)
    const broken = await stages(storage, { ...here.audit.acts, within: (_act, change) => change(entry) })
    const { secret } = await broken.accounts.beginTotp(ann)
    const seen = async () =>
      JSON.stringify([
        await storage.keys.list(),
        await storage.directory.all(),
        await storage.quotas.list(),
        await storage.acceptances.list(),
        await storage.signIn.methods(ann.personId),
        await storage.measures.list({ past: true, now: 0, limit: 100 }),
        await storage.cases.find(caseId),
        await storage.cases.find(noted),
        await storage.shutdowns.current(),
        await storage.proposals.waiting(Date.now(), 100),
        await storage.incidents.list(100),
        await storage.subjects.find(subject),
        await storage.contents.notices(subject),
        (await here.entries()).length,
      ])
    const before = await seen()
    const { directory, quotas, acceptances } = broken.access
    const { shutdowns, proposals } = broken.standing
    const changes: Record<string, () => Promise<unknown>> = {
      'a key made': () => broken.access.createKey('other'),
      'a key rotated': () => broken.access.rotateKey(key.id, false),
      'a key revoked': () => broken.access.revokeKey(key.id),
      'an organisation made': () => directory.createOrganisation('umbrella'),
      'an organisation removed': () => directory.removeOrganisation(acme),
      'a person added': () => directory.addPerson({ name: 'Eve', email: null, role: 'member' }),
      'another role': () => directory.setRole(ann.personId, 'admin'),
      'another name': () => directory.rename(ann.personId, 'Anna'),
      'a person removed': () => directory.removePerson(ann.personId),
      'a quota set': () => quotas.set({ ...wish, amount: 2 }),
      'a quota removed': () => quotas.remove(quota.id),
      'terms accepted': () => acceptances.accept('terms', 'one'),
      'a password': () => broken.accounts.setPassword(ann, password),
      'an app': () => broken.accounts.confirmTotp(ann, totpCode(secret, totpStep(Date.now()))),
      'a step': () => broken.standing.act({ ...step, rung: 'suspended' }, 'owner'),
      'a lifting': () => broken.standing.lift({ target, rung: null, reason: 'no' }, 'owner'),
      'a case closed': () => broken.standing.closeCase(noted, 'nothing', 'owner'),
      'a consent': () => shutdowns.lift('mended', 'person_one'),
      'a proposal': () => proposals.ask(grave, 'person_one'),
      'a confirmation': () => proposals.confirm(proposal?.id ?? '', 'person_two'),
      'an incident': () => broken.incidents.open({ title: 'Other', regimes: [], evidence: [] }, 'owner'),
      'an incident changed': () => broken.incidents.change(incident, { ...nothing, close: true }, 'owner'),
      'content read': () => storage.contents.notify(notice, entry),
      'content erased': () => storage.subjects.erase(subject, entry),
    }
    for (const [what, change] of Object.entries(changes)) {
      const [outcome] = await outcomes(change)
      expect([what, outcome]).not.toEqual([what, 'done'])
      expect([what, await seen()]).toEqual([what, before])
    }
    // An invitation that is there stays in force.
    const { url } = await here.signIn.invite({ email: 'ann@example.org' })
    expect(await outcomes(() => broken.signIn.invite({ email: 'ann@example.org' }))).not.toEqual(['done'])
    expect(await here.signIn.invitation(new URL(url).hash.slice(1))).toMatchObject({ name: 'Ann' })
  })

  test('what is done by two at once is one act, and the other hears why', async () => {
    const here = await place(database)
    const { access, standing, incidents, of } = here
    const { directory } = access
    const same = { name: 'Bob', email: 'bob@example.org', role: 'member' } as const
    const said: Record<string, { told: unknown[]; acts: string[] }> = {}
    const both = async (what: string, work: () => Promise<unknown>) => {
      let told: unknown[] = []
      const acts = await of(async () => (told = await outcomes(work, work)))
      said[what] = { told, acts }
    }
    await both('organisation', () => directory.createOrganisation('acme'))
    await both('person', () => directory.addPerson(same))
    const bob = await access.createKey('bob', { person: same.email })
    const key = await access.createKey('worker')
    await both('revoked', () => access.revokeKey(key.id))
    const quota = await access.quotas.set({
      subject: 'server',
      model: null,
      meter: 'requests',
      period: 'day',
      amount: 1,
    })
    await both('quota', () => access.quotas.remove(quota.id))
    await both('terms', () => access.acceptances.accept('terms', 'one'))
    await both('gone', () => directory.removePerson(same.email))
    await both('dissolved', () => directory.removeOrganisation('acme'))
    const target = { kind: 'key', value: bob.id } as const
    await standing.act({ target, rung: 'banned', reason: 'spam', lasts: null }, 'owner')
    await both('lifted', () => standing.lift({ target, rung: null, reason: 'no' }, 'owner'))
    const grave = { kind: 'content-export', subject: 'log', reason: 'an audit' } as const
    const asked = await standing.proposals.ask(grave, 'person_one')
    await both('confirmed', () => standing.proposals.confirm(asked?.id ?? '', 'person_two'))
    await standing.shutdowns.begin('a leak', 'owner')
    await both('consent', () => standing.shutdowns.lift('mended', 'person_one'))
    const { id } = await incidents.open({ title: 'Leak', regimes: [], evidence: [] }, 'owner')
    await both('incident', () => incidents.change(id, { ...nothing, note: 'seen' }, 'owner'))
    expect(said).toEqual({
      organisation: { told: ['done', 'name_taken'], acts: ['organisation-changed created'] },
      person: { told: ['done', 'name_taken'], acts: ['person-changed added'] },
      revoked: { told: ['done', 'key_not_found'], acts: ['key-revoked'] },
      quota: { told: ['done', 'quota_not_found'], acts: ['quota-changed removed'] },
      terms: { told: ['done', 'done'], acts: ['licence-accepted'] },
      gone: { told: ['done', 'person_not_found'], acts: ['person-changed removed'] },
      dissolved: { told: ['done', 'organisation_not_found'], acts: ['organisation-changed removed'] },
      lifted: { told: ['done', 'done'], acts: ['standing-changed'] },
      confirmed: { told: ['done', 'proposal_not_found'], acts: ['grave-act confirmed'] },
      consent: { told: ['done', 'done'], acts: ['stop-changed consent'] },
      // Both are made, one after the other.
      incident: { told: ['done', 'done'], acts: ['incident-changed changed', 'incident-changed changed'] },
    })
  })

  test('what somebody changes of themselves is an act, without any secret', async () => {
    const here = await place(database)
    const { access, accounts, signIn, storage, of } = here
    const ann = await signedIn(here, 'ann@example.org')
    const as = ({ principal }: { principal: unknown }) => principal as PersonPrincipal
    const secrets = ['Anna Lovelace', password, 'ann@example.org']
    let who = ann
    expect(await of(() => access.directory.rename(ann.personId, 'Anna Lovelace'))).toEqual([
      'person-changed renamed',
    ])
    expect(await of(async () => (who = as(await accounts.setPassword(who, password))))).toEqual([
      'sign-in-changed set',
    ])
    expect(await of(async () => (who = as(await accounts.removeTotp(who))))).toEqual([])
    const began: { secret: string }[] = []
    expect(await of(async () => began.push(await accounts.beginTotp(who)))).toEqual([])
    const [{ secret } = { secret: '' }] = began
    const code = totpCode(secret, totpStep(Date.now()))
    const added = await of(async () => {
      const { codes, signedIn: again } = await accounts.confirmTotp(who, code)
      secrets.push(secret, ...codes)
      who = as(again)
    })
    expect(added).toEqual(['sign-in-changed added'])
    expect(await of(async () => (who = as(await accounts.removeTotp(who))))).toEqual([
      'sign-in-changed removed',
    ])
    const passkey = { id: 'pk', name: 'laptop', publicKey: 'AA', counter: 0, transports: [], createdAt: 1 }
    await storage.signIn.addPasskey({ ...passkey, personId: ann.personId, lastUsedAt: null }, null)
    expect(await of(() => outcomes(() => accounts.removePasskey(who, 'other')))).toEqual([])
    expect(await of(async () => (who = as(await accounts.removePasskey(who, 'pk'))))).toEqual([
      'sign-in-changed removed',
    ])
    const { url } = await signIn.invite({ email: 'ann@example.org' })
    const token = new URL(url).hash.slice(1)
    expect(await of(() => signIn.accept({ token, password }, visitor))).toEqual(['sign-in-changed set'])
    const mine = (await here.entries()).filter(({ by }) => by === ann.personId)
    expect(mine.map(({ about, details }) => [about, details['way'] ?? null])).toEqual([
      [ann.personId, null],
      [ann.personId, 'password'],
      [ann.personId, 'app'],
      [ann.personId, 'app'],
      [ann.personId, 'passkey'],
      [ann.personId, 'password'],
    ])
    const all = JSON.stringify(await here.entries())
    for (const each of [...secrets, token, 'laptop']) expect(all).not.toContain(each)
  })
})
