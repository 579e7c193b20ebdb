/** The page of all parameters, and that each door holds to what it says. */
import { describe, expect, test } from 'vitest'
import { doors, fieldsOf, parameterSections } from '../docs/parameters.ts'

test('every parameter of every door says what it is', () => {
  expect(parameterSections().filter((line) => /^\| `[^`]*` \| *\|$/.test(line))).toEqual([])
})

describe.each(doors().filter(({ body }) => body !== undefined))('$method $path', ({ body }) => {
  test('is a closed list: what nobody knows is refused', () => {
    const issues = body?.safeParse({ surprise: 1 }).error?.issues ?? []
    const unknown = issues.filter(({ code }) => code === 'unrecognized_keys')
    expect(unknown).toMatchObject([{ keys: ['surprise'] }])
  })

  test('what it refuses may only have values that change nothing', () => {
    const refused = fieldsOf(body).filter(([, field]) => field.meta()?.['unsupported'] !== undefined)
    for (const [name, field] of refused) {
      const taken = ['surprise', 7, { a: 1 }, [1], null].filter((value) => field.safeParse(value).success)
      expect([name, taken]).toEqual([name, [null]])
    }
  })
})
