import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { settings } from '../config.ts'
import type { ServedModel } from '../core/engine.ts'
import { licenceById } from '../weights/licence.ts'
import { licenceText } from '../weights/licence-text.ts'
import { documentsToAccept, type RecordedLicence } from './to-accept.ts'

const access = (given: object = {}) => settings.shape.access.parse({ require_acceptance: 'people', ...given })
const served = (id: string, licence: string | null, parent?: string): ServedModel => ({
  id,
  digest: null,
  contextTokens: 10,
  licence,
  createdAt: 0,
  abilities: ['generate'],
  ...(parent === undefined ? {} : { parent }),
})
const textOf = (text: string) => licenceText(Buffer.from(text))
const gemma = (text: string | null): RecordedLicence => ({
  ...licenceById('gemma'),
  text: text === null ? null : textOf(text),
  policy: null,
})

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'elpis-licences-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'licence.txt'), text)
  return join(folder, 'licence.txt')
}

test('a licence is its text where that came with the weights, also for adapters; else what is known of it', () => {
  const models = [
    served('one', 'gemma'),
    served('one+mine', 'gemma', 'one'),
    served('far', 'gemma'),
    served('free', 'MIT'),
  ]
  const recorded = new Map([['one', gemma('You may.')]])
  const { documents } = documentsToAccept(
    access(),
    () => models,
    (model) => recorded.get(model),
  )
  const own = { name: 'licence:gemma', text: 'You may.', version: textOf('You may.')?.sha256 }
  expect(documents('one')).toMatchObject([own])
  expect(documents('one+mine')).toMatchObject([own])
  expect(documents('far')).toMatchObject([{ name: 'licence:gemma', text: null }])
  expect(documents('free')).toEqual([])
  const all = documents(null)
  expect(all).toHaveLength(2)
  expect(new Set(all.map(({ version }) => version)).size).toBe(2)
})

test('an adapter comes under its own licence as well as its model’s, each with its policy of acceptable use', () => {
  const models = [
    served('one', 'gemma'),
    served('one+mine', 'gemma', 'one'),
    served('one+bare', 'gemma', 'one'),
  ]
  const llama = {
    ...licenceById('llama3.2'),
    text: textOf('You may build on it.'),
    policy: textOf('You may do no harm with it.'),
  }
  const recorded = new Map([
    ['one', gemma('You may.')],
    ['one+mine', llama],
  ])
  const { documents } = documentsToAccept(
    access(),
    () => models,
    (model) => recorded.get(model),
  )
  const names = (model: string) => documents(model).map(({ name }) => name)
  expect(names('one')).toEqual(['licence:gemma'])
  expect(names('one+bare')).toEqual(['licence:gemma'])
  expect(names('one+mine')).toEqual(['licence:gemma', 'licence:llama3.2', 'policy:llama3.2'])
  expect(documents('one+mine')[2]).toMatchObject({
    title: 'Acceptable use under the Llama 3.2 Community License',
    text: 'You may do no harm with it.',
    version: llama.policy?.sha256,
  })
})

test('what the operator has counts before what came along, and a changed text is another version', () => {
  const models = [served('one', 'gemma')]
  const version = (text: string) => {
    const given = access({ licences: { Gemma: fileWith(text) } })
    return documentsToAccept(
      given,
      () => models,
      () => gemma('You may.'),
    ).documents('one')[0]
  }
  expect(version('You may not.')).toMatchObject({
    text: 'You may not.',
    version: textOf('You may not.')?.sha256,
  })
  expect(version('You may not!')?.version).not.toBe(version('You may not.')?.version)
})

test.for([
  ['', 'is empty'],
  ['a\0b', 'no text'],
  ['x'.repeat(300_000), 'too long'],
] as const)('a file that is no text is refused at start (%#)', ([text, problem]) => {
  const given = access({ licences: { gemma: fileWith(text) } })
  expect(() =>
    documentsToAccept(
      given,
      () => [],
      () => undefined,
    ),
  ).toThrow(expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(problem) }))
})
