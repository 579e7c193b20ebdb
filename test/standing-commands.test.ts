/** Every step of the ladder, an appeal and a review by the command line, beside a server with the real model. */
import { expect, test } from 'vitest'
import { elpis, freshHome, serveElpis, withRealModel } from './support/elpis.ts'

test('people are warned, restricted, suspended, heard and let back in', { timeout: 300_000 }, async () => {
  await using home = freshHome()
  await withRealModel(home)
  await using server = await serveElpis(home)
  const command = async (words: readonly string[], key?: string): Promise<Record<string, unknown>> => {
    const environment = key === undefined ? {} : { ELPIS_KEY: key }
    const { code, stdout, stderr } = await elpis(home, [...words, '--json'], { environment })
    expect([words.join(' '), code, stderr]).toEqual([words.join(' '), 0, expect.anything()])
    return JSON.parse(stdout) as Record<string, unknown>
  }
  const keyOf = async (name: string, role: string) => {
    await command(['people', 'add', name, '--role', role])
    const made = await command(['keys', 'create', '--name', name, '--person', name, '--role', role])
    return made as { id: string; key: string }
  }
  const http = async (key: string, path: string, body?: unknown) => {
    const answer = await fetch(`${server.url}${path}`, {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const ask = (key: string) =>
    http(key, '/v1/completions', { model: 'smollm2:135m', prompt: 'One, two,', max_tokens: 2 })

  const mallory = await keyOf('Mallory', 'member')
  const rob = await keyOf('Rob', 'reviewer')
  const rita = await keyOf('Rita', 'reviewer')
  expect(await command(['orgs', 'list'])).toMatchObject({ organisations: [{ id: 'org_home' }] })
  expect((await ask(mallory.key)).status).toBe(200)
  expect(await command(['insight'])).toMatchObject({ questions: expect.any(Number), clusters: [] })

  // Each step by its own command; only the last keeps her out.
  const target = `key:${mallory.id}`
  const why = ['--reason', 'the same jailbreak']
  expect(await command(['standing', 'warn', target, ...why])).toMatchObject({ rung: 'warned' })
  const restricted = await command(['standing', 'restrict', target, ...why, '--for', '2d'])
  expect(restricted).toMatchObject({ rung: 'restricted' })
  expect((await ask(mallory.key)).status).toBe(200)
  const suspended = await command(['standing', 'suspend', target, ...why, '--for', '1d'])
  expect(suspended).toMatchObject({ rung: 'suspended', until: expect.any(String) })
  const caseId = suspended['case'] as string
  expect(await ask(mallory.key)).toMatchObject({ status: 403, body: { error: { code: 'suspended' } } })

  // She appeals; one reviewer leaves it to the other, who decides.
  const appeal = await http(mallory.key, `/v1/safety/cases/${caseId}/appeal`, { statement: 'Not me.' })
  expect(appeal.status).toBe(200)
  expect(await command(['appeals', 'list'])).toMatchObject({ reviews: [{ case: caseId }] })
  const taken = await command(['review', 'next'], rob.key)
  const { id } = taken['review'] as { id: string }
  expect(taken).toMatchObject({ review: { kind: 'appeal', case: caseId, statement: 'Not me.' } })
  expect(await command(['review', 'skip', id, '--reason', 'I know her'], rob.key)).toMatchObject({
    review: null,
    waiting: 1,
  })
  expect(await command(['review', 'next'], rita.key)).toMatchObject({ review: { id } })
  const decided = ['review', 'decide', id, 'reversed', '--reason', 'It was somebody else.']
  expect(await command(decided, rita.key)).toMatchObject({ id, decided: { outcome: 'reversed' } })
  expect((await ask(mallory.key)).status).toBe(200)

  // What is still in force is ended at once; who is removed is gone.
  await command(['standing', 'suspend', target, ...why])
  expect((await ask(mallory.key)).status).toBe(403)
  const lifted = await command(['standing', 'lift', target, '--reason', 'enough'])
  expect((lifted['measures'] as unknown[]).length).toBeGreaterThan(0)
  expect((await ask(mallory.key)).status).toBe(200)
  // Its last measure closed the case, so there is nothing left to close.
  const { cases } = (await command(['cases', 'list', '--target', target])) as {
    cases: { id: string; state: string }[]
  }
  expect(cases.map(({ state }) => state)).toEqual(cases.map(() => 'closed'))
  const again = await elpis(home, ['cases', 'close', cases[0]?.id ?? '', '--reason', 'a load test'])
  expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('is closed already')])
  await command(['people', 'remove', 'Mallory'])
  expect((await ask(mallory.key)).status).toBe(401)
})
