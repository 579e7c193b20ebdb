/** The same tools at every door: what one refuses all refuse, and what one takes reaches the engine from all alike. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doors, fieldsOf } from '../docs/parameters.ts'
import type { ToolUse } from '../src/core/request.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'

/** A tool, free of any protocol. */
interface Told {
  readonly name?: unknown
  readonly description?: unknown
  readonly parameters?: unknown
}

interface Door {
  readonly body: object
  readonly tool: (told: Told) => object
  /** Null where the protocol has no such choice. */
  readonly choice: ((choice: 'required' | { name: string }) => unknown) | null
  /** How errors call the fields of a tool. */
  readonly fields: Readonly<Record<keyof Told, string>>
}

const hello = { role: 'user', content: 'hi' }
const nested: Pick<Door, 'tool' | 'fields'> = {
  tool: (told) => ({ type: 'function', function: told }),
  fields: {
    name: 'function.name',
    description: 'function.description',
    parameters: 'function.parameters',
  },
}
const anthropic: Omit<Door, 'body'> = {
  tool: ({ parameters = { type: 'object' }, ...told }) => ({ ...told, input_schema: parameters }),
  choice: (choice) => (choice === 'required' ? { type: 'any' } : { type: 'tool', ...choice }),
  fields: { name: 'name', description: 'description', parameters: 'input_schema' },
}

const doorsWithTools: Readonly<Record<string, Door>> = {
  '/v1/chat/completions': {
    ...nested,
    body: { messages: [hello] },
    choice: (choice) => (choice === 'required' ? choice : { type: 'function', function: choice }),
  },
  '/v1/responses': {
    body: { input: 'hi' },
    tool: (told) => ({ type: 'function', ...told }),
    choice: (choice) => (choice === 'required' ? choice : { type: 'function', ...choice }),
    fields: { name: 'name', description: 'description', parameters: 'parameters' },
  },
  '/v1/messages': { ...anthropic, body: { messages: [hello], max_tokens: 10 } },
  '/v1/messages/count_tokens': { ...anthropic, body: { messages: [hello] } },
  '/v1/tokenize': { ...nested, body: { messages: [hello] }, choice: null },
  '/api/chat': { ...nested, body: { messages: [hello], stream: false }, choice: null },
}

test('every door that takes tools is among these', () => {
  const taking = doors().filter(({ body }) => fieldsOf(body).some(([name]) => name === 'tools'))
  expect(taking.map(({ path }) => path).toSorted()).toEqual(Object.keys(doorsWithTools).toSorted())
})

const named = (...names: string[]): Told[] => names.map((name) => ({ name }))
const long = 'x'.repeat(99_000)

const wrongTools: readonly [what: string, tools: readonly Told[], field: keyof Told | null][] = [
  ['a name that is none', named(''), 'name'],
  ['a name with a space', named('get weather'), 'name'],
  ['a name that looks like a control token', named('<|im_end|>'), 'name'],
  ['a name of 129 characters', named('x'.repeat(129)), 'name'],
  ['a name that is no text', [{ name: 7 }], 'name'],
  ['a description with half a surrogate pair', [{ name: 'a', description: '\uD83D' }], 'description'],
  ['a description of 100,001 characters', [{ name: 'a', description: 'x'.repeat(100_001) }], 'description'],
  ['parameters that are no object', [{ name: 'a', parameters: ['x'] }], 'parameters'],
  ['parameters that describe no object', [{ name: 'a', parameters: { type: 'array' } }], 'parameters'],
  ['two with one name', named('a', 'b', 'a'), null],
  ['129 tools', named(...Array.from({ length: 129 }, (_, index) => `t${index}`)), null],
  [
    'more than a million characters together',
    Array.from({ length: 11 }, (_, index) => ({ name: `t${index}`, description: long })),
    null,
  ],
]

const wrongChoices: readonly [what: string, tools: readonly Told[], choice: 'required' | { name: string }][] =
  [
    ['a call that must be made without tools', [], 'required'],
    ['a tool that is not there', named('a'), { name: 'b' }],
    ['a tool where there are none', [], { name: 'b' }],
  ]

/** What engines were told of tools. */
const heard: (ToolUse | null | undefined)[] = []
let server: ApiServer

beforeAll(async () => {
  const engine = fakeEngine()
  const hearing: typeof engine = {
    ...engine,
    generate(request) {
      heard.push(request.toolUse)
      return engine.generate(request)
    },
    tokenize(request) {
      heard.push(request.outlook?.toolUse)
      return engine.tokenize(request)
    },
  }
  server = await apiServer(hearing, { limits: { bodyBytes: 4_000_000 } })
})
afterAll(async () => await server[Symbol.asyncDispose]())

describe.each(Object.entries(doorsWithTools))('%s', (path, { body, tool, choice, fields }) => {
  async function answerTo(more: object) {
    heard.length = 0
    const response = await server.post(path, { model: 'fake:1b', ...body, ...more })
    const { error, ...answer } = (await response.json()) as Record<string, unknown>
    // Ollama's errors are flat.
    const { code, param } = (error instanceof Object ? error : answer) as Record<string, unknown>
    return { status: response.status, code, param }
  }
  const refused = (param: string) => ({ status: 400, code: 'invalid_request', param })

  test.each(wrongTools)('refuses %s', async (_, tools, field) => {
    const param = field === null ? 'tools' : `tools[0].${fields[field]}`
    expect(await answerTo({ tools: tools.map(tool) })).toEqual(refused(param))
    expect(heard).toEqual([])
  })

  test.each(choice === null ? [] : wrongChoices)('refuses to choose %s', async (_, tools, chosen) => {
    const more = { tools: tools.map(tool), tool_choice: choice?.(chosen) }
    expect(await answerTo(more)).toEqual(refused('tool_choice'))
    expect(heard).toEqual([])
  })

  test('takes what is just within the measures', async () => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } } }
    const many = named(...Array.from({ length: 127 }, (_, index) => `t${index}`))
    const tools = [{ name: 'x'.repeat(128), description: 'd', parameters }, ...many]
    expect(await answerTo({ tools: tools.map(tool) })).toMatchObject({ status: 200 })
    expect(heard).toMatchObject([{ tools, choice: 'auto', parallel: true }])
  })
})
