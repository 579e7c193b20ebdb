import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseVerifierKey } from '../src/audit/note.ts'
import { verifyLog } from '../src/audit/verify-log.ts'
import { verifyReceipt } from '../src/audit/verify-receipt.ts'
import type { EntryId, SubjectName } from '../src/core/ids.ts'
import { homeOrganisation, type Role } from '../src/core/principal.ts'
import { apiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'What is in the box?' }] }
const owner = { id: 'owner', organisation: homeOrganisation }

describe('what people say', () => {
  test('is read with a reason only, is logged, and they are told', async () => {
    await using server = await apiServer(fakeEngine())
    const answer = await server.post('/v1/chat/completions', question)
    const id = answer.headers.get('elpis-receipt') ?? ''
    expect((await server.fetch(`/v1/content/${id}?reason=curious`)).status).toBe(403)
    const { token } = await server.access.createSignInLink()
    const { cookie } = await server.access.signIn({ token })
    const headers = { cookie: `elpis_session=${cookie}` }
    expect((await fetch(`${server.url}/v1/content/${id}?reason=%20`, { headers })).status).toBe(400)
    const read = await fetch(`${server.url}/v1/content/${id}?reason=case%207`, { headers })
    expect(await read.json()).toMatchObject({ prompt: { messages: question.messages } })
    const told = async () => {
      const response = await server.fetch('/v1/notices')
      return (await response.json()) as { data: { id: string }[]; unseen: number }
    }
    const { data, unseen } = await told()
    expect([data, unseen]).toMatchObject([[{ entry: id, by: 'owner', reason: 'case 7', seen: null }], 1])
    expect(await (await server.fetch('/v1/me')).json()).toMatchObject({ unseen_notices: 1 })
    const seen = { method: 'POST', body: JSON.stringify({ id: data[0]?.id }) }
    const asReader = { ...headers, origin: server.url, 'content-type': 'application/json' }
    expect((await fetch(`${server.url}/v1/notices/seen`, { ...seen, headers: asReader })).status).toBe(404)
    expect((await told()).unseen).toBe(1)
    expect(await (await server.post('/v1/notices/seen', seen.body)).json()).toEqual({ unseen: 0 })
    expect((await told()).unseen).toBe(0)
    expect(await (await server.fetch('/v1/me')).json()).toMatchObject({ unseen_notices: 0 })
    // It counts what is under a signed checkpoint; one follows within a second.
    await expect
      .poll(async () => (await server.audit.transparency.signed()).statement, { timeout: 20_000 })
      .toMatchObject({
        requests: 1,
        acts: { 'content-read': 1 },
        content: { read: 1 },
        witnesses: [],
        retention: { keep: 'all' },
      })
  })

  test('is read by nobody of another organisation, also with the id of its entry', async () => {
    await using server = await apiServer(fakeEngine())
    const { directory } = server.access
    const staff = async (name: string) => {
      const organisation = (await directory.createOrganisation(name)).id
      const of = async (role: Role) => {
        const { id } = await directory.addPerson({ name: `${name} ${role}`, email: null, role, organisation })
        const { key } = await server.access.createKey(`${name} ${role}`, { person: id, role })
        return { authorization: `Bearer ${key}` }
      }
      return { member: await of('member'), reviewer: await of('reviewer'), owner: await of('owner') }
    }
    const [acme, other] = [await staff('Acme'), await staff('Other')]
    const asked = await server.post('/v1/chat/completions', question, { headers: acme.member })
    const id = asked.headers.get('elpis-receipt') ?? ''
    await asked.text()
    const read = async (headers: Record<string, string>) => {
      const response = await server.fetch(`/v1/content/${id}?reason=case%207`, { headers })
      return { status: response.status, body: await response.text() }
    }
    const read404 = { status: 404, body: expect.stringContaining('content_not_kept') }
    expect(await read(other.reviewer)).toEqual(read404)
    expect(await read(other.owner)).toEqual(read404)
    const notices = async () => {
      const { data } = (await (await server.fetch('/v1/notices', { headers: acme.member })).json()) as {
        data: unknown[]
      }
      return data.length
    }
    expect(await notices()).toBe(0)
    for (const headers of [acme.reviewer, acme.owner]) {
      expect(await read(headers)).toMatchObject({ status: 200, body: expect.stringContaining('in the box') })
    }
    // Whoever runs the server reads what all organisations asked.
    await server.audit.contents.read(id as EntryId, owner, 'case 7')
    expect(await notices()).toBe(3)
  })

  test.each(['erased', 'removed'])(
    'is gone from stored answers and files, byte for byte, once whoever left it is %s',
    async (how) => {
      const home = mkdtempSync(join(tmpdir(), 'elpis-erase-'))
      onTestFinished(() => rmSync(home, { recursive: true, force: true }))
      await using server = await apiServer(fakeEngine(), { home })
      const { id: person } = await server.access.directory.addPerson({
        name: 'Ada',
        email: null,
        role: 'member',
      })
      const { key } = await server.access.createKey('ada', { person })
      const headers = { authorization: `Bearer ${key}` }
      const said = 'Nobody else knows of the harbour'
      const answer = await server.post('/v1/responses', { model: 'fake:1b', input: said }, { headers })
      const { id } = (await answer.json()) as { id: string }
      const form = new FormData()
      form.set('purpose', 'batch')
      form.set('file', new File([said], 'a.jsonl'))
      await server.fetch('/v1/files', { method: 'POST', body: form, headers })
      const found = () =>
        readdirSync(home, { recursive: true, withFileTypes: true }).filter(
          (each) => each.isFile() && readFileSync(join(each.parentPath, each.name)).includes(said),
        ).length
      expect(found()).toBeGreaterThan(1)
      const { key: owners } = await server.access.createKey('owner', { role: 'owner' })
      const asOwner = { headers: { authorization: `Bearer ${owners}` } }
      const done =
        how === 'erased'
          ? await server.post('/v1/admin/content/erase', { subject: `person:${person}` }, asOwner)
          : await server.fetch(`/v1/admin/people/${person}`, { method: 'DELETE', ...asOwner })
      expect(done.status).toBe(200)
      expect(found()).toBe(0)
      const after = await server.fetch(`/v1/responses/${id}`, { headers })
      expect(after.status).toBe(how === 'erased' ? 404 : 401)
    },
  )

  test('is gone after erasing, byte for byte, and the log still verifies', async () => {
    const home = mkdtempSync(join(tmpdir(), 'elpis-erase-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    await using server = await apiServer(fakeEngine(), { home })
    const answer = await server.post('/v1/chat/completions', question)
    const id = answer.headers.get('elpis-receipt') ?? ''
    const database = new DatabaseSync(join(home, 'elpis.db'), { readOnly: true })
    const { key, subject } = database.prepare('select * from audit_subjects').get() as Record<string, string>
    const { box } = database.prepare('select * from audit_content').get() as Record<string, string>
    database.close()
    if (key === undefined || box === undefined) throw new Error('Nothing was kept.')
    const found = (needle: string) =>
      readdirSync(home)
        .filter((name) => name.startsWith('elpis.db'))
        .some((name) => readFileSync(join(home, name)).includes(needle))
    expect([found(key), found(box.slice(0, 40))]).toEqual([true, true])
    await server.audit.contents.erase(subject as SubjectName, 'owner')
    expect([found(key), found(key.slice(0, 16)), found(box.slice(0, 40))]).toEqual([false, false, false])
    const log = parseVerifierKey(await (await fetch(`${server.url}/log/key`)).text())
    if (log === null) throw new Error('The log has no key.')
    const receipt = verifyReceipt(await (await server.fetch(`/v1/receipts/${id}`)).text(), log)
    expect([receipt.ok, receipt.salt]).toEqual([true, null])
    expect(await verifyLog({ source: server.audit.log, key: log })).toMatchObject({ ok: true, requests: 1 })
    await expect(server.audit.contents.read(id as never, owner, 'case 7')).rejects.toMatchObject({
      code: 'content_not_kept',
    })
  })
})
