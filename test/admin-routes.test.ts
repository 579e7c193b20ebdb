/** The routes of those who run a server, over HTTP and beside the real model: what the commands reach by another door. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elpis } from './support/elpis.ts'
import { realServer, type RealServer } from './support/real-server.ts'

interface Made {
  readonly id: string
  readonly key: string
}

let real: RealServer
let cookie = ''
let admin: Made
let mallory: Made

beforeAll(async () => {
  real = await realServer()
  const signIn = await fetch(`${real.server.url}/web/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: real.server.url },
    body: JSON.stringify({ token: new URL(real.server.signInLink).hash.slice(1) }),
  })
  cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const keyOf = async (...words: string[]) =>
    JSON.parse((await elpis(real.home, ['keys', 'create', ...words, '--json'])).stdout) as Made
  admin = await keyOf('--name', 'Annie', '--role', 'admin')
  mallory = await keyOf('--name', 'Mallory')
}, 120_000)
afterAll(() => real[Symbol.asyncDispose]())

async function asked(headers: Record<string, string>, path: string, body?: unknown) {
  const answer = await fetch(`${real.server.url}${path}`, {
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: JSON.parse(text) as Record<string, unknown> }
}
const byAdmin = (path: string, body?: unknown) => asked({ authorization: `Bearer ${admin.key}` }, path, body)
const byOwner = (path: string, body?: unknown) => asked({ cookie, origin: real.server.url }, path, body)
const ask = (key: string) =>
  asked({ authorization: `Bearer ${key}` }, '/v1/completions', {
    model: 'smollm2:135m',
    prompt: 'One, two,',
    max_tokens: 2,
  })

describe('standing', () => {
  test('a ban is lifted, a strike counts, its case is read', async () => {
    const target = `key:${mallory.id}`
    const ban = await byAdmin('/v1/admin/bans', { target, reason: 'sold on a forum' })
    expect(ban).toMatchObject({ status: 200, body: { rung: 'banned' } })
    expect(await ask(mallory.key)).toMatchObject({ status: 403, body: { error: { code: 'banned' } } })
    expect(await byAdmin(`/v1/admin/cases?target=${target}&state=open`)).toMatchObject({
      body: { cases: [{ id: ban.body['case'], state: 'open' }] },
    })
    expect(await byAdmin('/v1/admin/bans/lift', { target, reason: 'a mistake' })).toMatchObject({
      status: 200,
      body: { measures: [{ rung: 'banned' }] },
    })
    expect((await ask(mallory.key)).status).toBe(200)
    const again = await byAdmin('/v1/admin/cases/close', { case: ban.body['case'], reason: 'a mistake' })
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'case_in_force' } } })
    const struck = await byAdmin('/v1/admin/standing/strike', {
      target,
      severity: 0.2,
      reason: 'rude to the staff',
    })
    expect(struck).toMatchObject({ status: 200, body: { strikes: [{ source: 'reviewer' }] } })
  })

  test('a review is left to others, and none is left for who left it', async () => {
    const target = `key:${mallory.id}`
    const step = await byAdmin('/v1/admin/standing', { target, rung: 'suspended', reason: 'again' })
    const appeal = `/v1/safety/cases/${String(step.body['case'])}/appeal`
    await asked({ authorization: `Bearer ${mallory.key}` }, appeal, { statement: 'Not me.' })
    const { body } = await byAdmin('/v1/admin/review?kind=appeal')
    const [review] = body['reviews'] as { id: string }[]
    const taken = await byOwner('/v1/admin/review/next', {})
    expect(taken).toMatchObject({ body: { review: { id: review?.id } } })
    expect(
      await byOwner('/v1/admin/review/skip', { review: review?.id, reason: 'I know them' }),
    ).toMatchObject({ status: 200, body: { review: null, waiting: 1 } })
    await byAdmin('/v1/admin/standing/lift', { target, reason: 'enough' })
  })

  test('rules are listed, checked, and tried on what has happened', async () => {
    expect(await byAdmin('/v1/admin/rules')).toMatchObject({ status: 200, body: { sets: expect.anything() } })
    const rules = [
      'name = "probing"',
      'summary = "Many refusals in a short time."',
      '[[rules]]',
      'name = "refused"',
      'summary = "Twenty refusals in an hour."',
      'signal = { kind = "guard" }',
      'within = "1h"',
      'at_least = 20',
      'action = { do = "review" }',
    ].join('\n')
    const checked = await byAdmin('/v1/admin/rules/check', { rules })
    expect([checked.status, checked.body]).toMatchObject([200, { rules: [{ name: 'refused' }] }])
    const since = new Date(Date.now() - 3_600_000).toISOString()
    expect(await byAdmin('/v1/admin/rules/dry-run', { rules, since })).toMatchObject({
      status: 200,
      body: { people: 0, complete: true },
    })
  })
})

test('what the guard found is told in numbers', async () => {
  await ask(mallory.key)
  const overview = await byAdmin('/v1/admin/guard?days=1')
  expect(overview).toMatchObject({ status: 200, body: { policies: expect.anything() } })
})

test('an incident is opened with evidence, changed, read and reported; insight is told', async () => {
  const answer = await fetch(`${real.server.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mallory.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'smollm2:135m', prompt: 'One, two,', max_tokens: 2 }),
  })
  const evidence = [answer.headers.get('elpis-receipt')]
  const made = await byAdmin('/v1/admin/incidents', { title: 'a leak', regimes: ['raise'], evidence })
  expect(made).toMatchObject({ status: 200, body: { clocks: [{ regime: 'raise', reported: null }] } })
  const id = String(made.body['id'])
  expect(
    await byAdmin(`/v1/admin/incidents/${id}`, { note: 'told them', reported: ['raise'], close: true }),
  ).toMatchObject({
    status: 200,
    body: { closed_at: expect.any(String), clocks: [{ reported: expect.any(String) }] },
  })
  expect(await byAdmin(`/v1/admin/incidents/${id}`)).toMatchObject({
    status: 200,
    body: { title: 'a leak', evidence },
  })
  expect(await byAdmin(`/v1/admin/incidents/${id}/report`)).toMatchObject({
    status: 200,
    body: { format: 'elpis-incident/v1' },
  })
  expect(await byAdmin('/v1/admin/insight?hours=1')).toMatchObject({
    status: 200,
    body: { questions: expect.any(Number), clusters: [] },
  })
})

test('content is exported and erased by the owner, and by nobody else', async () => {
  expect((await byAdmin('/v1/admin/content/export', { what: 'log' })).status).toBe(403)
  expect(await byOwner('/v1/admin/content/export', { what: 'log' })).toMatchObject({
    status: 200,
    body: { done: true },
  })
  const subject = `key:${mallory.id}`
  expect((await byAdmin('/v1/admin/content/erase', { subject, reason: 'asked for' })).status).toBe(403)
  expect(await byOwner('/v1/admin/content/erase', { subject, reason: 'asked for' })).toMatchObject({
    status: 200,
    body: { done: true, proposal: null },
  })
})

/** Asked by the pages' own scripts, in the browser of `console.test.ts`. */
const ofThePages = [
  '/v1/keys/{id}',
  '/v1/keys/{id}/rotate',
  '/v1/people/{id}',
  '/v1/people/{id}/role',
  '/web/account/passkeys',
  '/web/account/passkeys/challenge',
  '/web/account/passkeys/{id}',
  '/web/sign-in/passkey',
  '/web/sign-in/passkey/challenge',
]

test('every route of the document is asked by a test', async () => {
  const { paths } = (await asked({}, '/openapi.json')).body as { paths: Record<string, unknown> }
  const tests = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) =>
      readFileSync(join(import.meta.dirname, file), 'utf8').replace(/const ofThePages[^\]]*\]/u, ''),
    )
    .join('\n')
  const unasked = Object.keys(paths).filter((path) => {
    const named = path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/gu, String.raw`[^\/'"]+`)
    return !new RegExp(`${named.replaceAll('/', String.raw`\/`)}(['"?\`]|$)`, 'mu').test(tests)
  })
  expect(unasked.toSorted()).toEqual(ofThePages)
})
