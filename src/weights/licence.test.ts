import { expect, test } from 'vitest'
import { licenceById } from './licence.ts'

test.for([
  ['apache-2.0', 'Apache-2.0', false],
  ['mit', 'MIT', false],
  ['Llama3.2', 'llama3.2', true],
  ['gemma', 'gemma', true],
  // Whatever is not known is somebody's to read.
  ['cc-by-nc-4.0', 'cc-by-nc-4.0', true],
  ['', '', true],
  ['apache', 'apache', true],
  ['constructor', 'constructor', true],
] as const)('%j is %s', ([id, known, asks]) => {
  expect(licenceById(id)).toMatchObject({
    id: known,
    needsAcceptance: asks,
    name: expect.any(String) as string,
  })
})
