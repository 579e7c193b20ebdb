import { expect, test } from 'vitest'
import { librariesFolder } from '../native-libraries.ts'
import { bind } from './binding.ts'
import { chooseCpuBackend } from './libraries.ts'
import { layoutMismatch } from './structs.ts'

test('the installed library is the one this code was written for', () => {
  expect(() => bind(librariesFolder())).not.toThrow()
})

test('a struct that moved by one field is noticed', () => {
  const native = bind(librariesFolder())
  const defaults = {
    model: native.llama_model_default_params(),
    context: native.llama_context_default_params(),
    threadpool: native.ggml_threadpool_params_default(3),
  }
  expect(layoutMismatch(defaults)).toBeNull()
  for (const name of Object.keys(defaults) as (keyof typeof defaults)[]) {
    const fields = Object.entries(defaults[name])
    const values = fields.map(([, value]) => value)
    const moved = Object.fromEntries(fields.map(([field], index) => [field, values.at(index - 1)]))
    expect(layoutMismatch({ ...defaults, [name]: moved })).toMatch(/ is .*, not /)
  }
})

test('a CPU level that does not exist is refused by the names of those that do', () => {
  const { level } = chooseCpuBackend(librariesFolder(), null)
  expect(() => chooseCpuBackend(librariesFolder(), 'abacus')).toThrow(level)
  expect(chooseCpuBackend(librariesFolder(), level).level).toBe(level)
})

test('a folder without libraries is refused by name', () => {
  expect(() => bind(import.meta.dirname)).toThrow('libggml-base')
})
