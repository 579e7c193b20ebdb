/** What many people on one machine do to each other: each scenario asks one server and gives one figure or a few. */
import { ask, promptOf, quantile, type AnswerTiming, type Question, type Target } from './load.ts'

/** Named figures of one scenario, each with its unit. */
export type Figures = Readonly<Record<string, number>>

const people = 16

/** About 1,000 tokens that all people have in common; `edition` makes it one that nobody has sent before. */
function handbook(edition: number): string {
  const rules = Array.from(
    { length: 62 },
    (_, index) => `Rule ${index + 1} of edition ${edition}: answer politely, briefly and in plain words.`,
  )
  return rules.join(' ')
}

async function firstTokens(target: Target, question: (person: number) => Question): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: people }, (_, person) => ask(target, question(person))),
  )
  return answers.map(({ firstToken }) => firstToken)
}

/**
 * Sixteen people whose requests begin with the same 1,000 tokens, seen by the server for the first time (`cold`), again with
 * other questions (`warm`), and without the common part (`none`). Milliseconds to the first token.
 */
export async function sharedPrompt(target: Target): Promise<Figures> {
  const figures: Record<string, number> = {}
  const edition = Math.floor(Math.random() * 1e6)
  const rounds = [
    ['none', undefined, 'Tell me something about'],
    ['cold', handbook(edition), 'Tell me a story about'],
    ['warm', handbook(edition), 'Write a poem about'],
  ] as const
  for (const [name, system, start] of rounds) {
    const times = await firstTokens(target, (person) => ({
      ...(system === undefined ? {} : { system }),
      user: `${start} number ${person + edition}.`,
      tokens: 8,
    }))
    figures[`${name} p50 ms`] = quantile(times, 0.5)
    figures[`${name} p95 ms`] = quantile(times, 0.95)
  }
  return figures
}

/** Four chats run; a prompt of 2,000 tokens comes in between, twice. Gaps between pieces of the chats' texts, in milliseconds. */
export async function mixedLoad(target: Target): Promise<Figures> {
  const chats = (): Promise<AnswerTiming>[] =>
    Array.from({ length: 4 }, (_, chat) => ask(target, { user: promptOf(chat), tokens: 160 }))
  const quiet = await Promise.all(chats())
  const running = chats()
  const long: number[] = []
  for (let arrival = 0; arrival < 2; arrival++) {
    const edition = Math.floor(Math.random() * 1e6)
    const system = `${handbook(edition)} ${handbook(edition + 1)}`
    long.push((await ask(target, { system, user: 'Sum up the rules.', tokens: 8 })).firstToken)
  }
  const disturbed = await Promise.all(running)
  const gaps = (answers: readonly AnswerTiming[]) => answers.flatMap((answer) => answer.gaps)
  return {
    'usual gap p50 ms': quantile(gaps(quiet), 0.5),
    'gap p99 ms': quantile(gaps(disturbed), 0.99),
    'largest gap ms': quantile(gaps(disturbed), 1),
    'long prompt first token ms': quantile(long, 0.5),
  }
}

/** One prompt of about 2,500 tokens that nobody has sent before, with the machine to itself. Milliseconds to the first token. */
export async function longPrompt(target: Target): Promise<Figures> {
  const edition = Math.floor(Math.random() * 1e6)
  const system = [0, 1, 2].map((more) => handbook(edition + more)).join(' ')
  const user = 'Sum up the rules.'
  return {
    'first token ms': (await ask(target, { system: system.slice(0, 12_000), user, tokens: 8 })).firstToken,
  }
}

const person = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer' },
    hobbies: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 4 },
    address: {
      type: 'object',
      properties: { street: { type: 'string' }, city: { enum: ['Athens', 'Oslo', 'Lima'] } },
      required: ['street', 'city'],
      additionalProperties: false,
    },
  },
  required: ['name', 'age', 'hobbies', 'address'],
  additionalProperties: false,
}

/** Eight people ask for JSON after a schema. Tokens a second, and the share of answers that are whole JSON, in per cent. */
export async function jsonSchema(target: Target): Promise<Figures> {
  const format = { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: person } }
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      ask(target, {
        user: `Describe person number ${index} as JSON, with a name, an age, hobbies and an address.`,
        tokens: 256,
        more: { response_format: format, temperature: 0.7, seed: index },
      }),
    ),
  )
  const seconds = (performance.now() - started) / 1000
  const whole = answers.filter(({ text }) => isJson(text)).length
  return {
    'tokens/s': answers.reduce((sum, { tokens }) => sum + tokens, 0) / seconds,
    'whole JSON %': (100 * whole) / answers.length,
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Two models of which only one fits: asked by turns, each question but the first has to wait for a change; then eight people
 * ask each of them at once. Milliseconds to the first token, and seconds until all sixteen are answered.
 */
export async function twoInTurn(target: Target, other: string): Promise<Figures> {
  const models = [target, { ...target, model: other }]
  const changes: number[] = []
  const stays: number[] = []
  for (let turn = 0; turn < 8; turn++) {
    const asked = models[turn % 2] ?? target
    const change = await ask(asked, { user: promptOf(turn), tokens: 8 })
    if (turn > 0) changes.push(change.firstToken)
    stays.push((await ask(asked, { user: promptOf(turn + 8), tokens: 8 })).firstToken)
  }
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: people }, (_, person) =>
      ask(models[person % 2] ?? target, { user: promptOf(person), tokens: 16 }),
    ),
  )
  return {
    'change p50 ms': quantile(changes, 0.5),
    'change p95 ms': quantile(changes, 0.95),
    'no change p50 ms': quantile(stays, 0.5),
    'sixteen at once s': (performance.now() - begun) / 1000,
  }
}
