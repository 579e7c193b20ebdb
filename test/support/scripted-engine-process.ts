/**
 * Stands in for the process of a model: speaks its protocol and does what the text of the prompt says, word by word.
 * A word is echoed as a token, but for these: `crash` `hang` `spin` `garbage` `flood` `fail` `long` `wait`.
 * What the file of the model says decides how it loads: `slow`, `later` (until the
 * file says something else), `unusable`, `crash`, or anything else.
 */
import { readFileSync } from 'node:fs'
import type { BriefCommand, BriefEvent } from '../../src/engine/brief-protocol.ts'
import type { Command, Job, JobEvent, Report } from '../../src/engine/protocol.ts'

const cancelled = new Set<number>()

function say(report: Report): void {
  process.send?.(report)
}

function step(...events: JobEvent[]): void {
  say({ type: 'step', events })
}

process.on('disconnect', () => process.exit(0))
process.on('message', (command: Command) => {
  switch (command.type) {
    case 'load':
      load(command.options.path)
      return
    case 'generate':
      void answer(command.job)
      return
    case 'cancel':
      cancelled.add(command.job)
      return
    case 'embed':
      void embed(command)
      return
    case 'tokenize':
      brief(
        { type: 'tokens', job: command.job, tokens: Int32Array.of(1, 2) },
        { type: 'ended', job: command.job, promptTokens: 2 },
      )
      return
    case 'load-adapter':
      say({ type: 'adapter', adapter: command.adapter, problem: null })
      return
    case 'unload-adapter':
      return
    case 'close':
      if (manner !== 'stubborn') process.exit(0)
      return
    default:
      command satisfies never
  }
})
say({ type: 'hello' })

let manner = ''

function load(path: string): void {
  const how = readFileSync(path, 'utf8').trim()
  manner = how
  say({ type: 'loading', fraction: 0.5 })
  if (how === 'crash') {
    process.stderr.write('the tensor is on fire\n')
    process.abort()
  }
  if (how === 'unusable') {
    say({ type: 'unusable', reason: 'the tensor is on fire' })
    return
  }
  if (how === 'slow') return
  if (how === 'later') setTimeout(load, 20, path)
  else ready(how)
}

function ready(how: string): void {
  say({
    type: 'ready',
    model: {
      chatTemplate: how === 'base' ? null : '{% for m in messages %}{{ m.content }} {% endfor %}',
      bosText: '<s>',
      eosText: '</s>',
      controlTokens: ['<s>', '</s>'],
      markTokens: [],
      vocabularySize: 100,
      trainedContextTokens: 1000,
      vectorLength: how === 'embedder' ? 2 : null,
      description: 'scripted',
      build: Object.keys(process.env).join(' '),
      layout: null,
      lockdown: process.env['ELPIS_ENGINE_LOCKDOWN'] ?? '',
    },
  })
}

function brief(...events: BriefEvent[]): void {
  say({ type: 'brief', events })
}

/** The first text says what to do: `crash` `hang` `wait` `fail` `long`, or how to lie about the vectors. */
async function embed({ job, inputs }: Extract<BriefCommand, { type: 'embed' }>): Promise<void> {
  const [first] = inputs
  const order = first?.kind === 'text' ? first.text : ''
  const lies: Readonly<Record<string, Partial<Extract<BriefEvent, { type: 'vectors' }>>>> = {
    'too many': { values: new Float32Array(2 * inputs.length + 2).fill(1) },
    'not finite': { values: new Float32Array(2 * inputs.length).fill(Number.NaN) },
    'half a vector': { values: new Float32Array(2 * inputs.length - 1).fill(1) },
    'no array': { values: [1, 2] as unknown as Float32Array },
    'no width': { width: 0 },
  }
  if (order === 'crash') process.abort()
  if (order === 'hang') return
  if (order === 'fail') {
    brief({ type: 'failed', job, reason: 'no room' })
    return
  }
  if (order === 'long') {
    brief({ type: 'too-long', job, input: 0, tokens: 5000, contextTokens: 1000 })
    return
  }
  if (order === 'wait') while (!cancelled.has(job)) await nextTurn()
  const values = new Float32Array(2 * inputs.length).fill(1)
  if (order !== 'wait' && order !== 'none') brief({ type: 'vectors', job, width: 2, values, ...lies[order] })
  brief({ type: 'ended', job, promptTokens: inputs.length })
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

async function answer(job: Job): Promise<void> {
  const { id } = job
  const words = job.prompt
    .map(({ text }) => text)
    .join('')
    .trim()
    .split(/\s+/)
  const promptTokens = words.length
  if (words[0] === 'long') {
    step({ type: 'too-long', job: id, promptTokens: 5000, contextTokens: 1000 })
    return
  }
  step({ type: 'started', job: id, promptTokens, cachedTokens: 0 })
  let outputTokens = 0
  for (const word of words) {
    if (word === 'crash') process.abort()
    if (word === 'hang') await new Promise(() => undefined)
    if (word === 'spin') for (;;) outputTokens++
    if (word === 'garbage')
      process.send?.({ type: 'step', events: [{ type: 'text', job: id, choice: '0', text: 7 }] })
    if (word === 'fail') {
      step({ type: 'failed', job: id, reason: 'no room' })
      return
    }
    const times = word === 'flood' ? 20_000 : 1
    for (let time = 0; time < times; time++) {
      outputTokens += job.choices
      step(
        ...Array.from({ length: job.choices }, (_, choice): JobEvent => {
          const text = word === 'flood' ? `${time} ` : `${word} `
          return { type: 'text', job: id, choice, text, tokens: 1, logprobs: null }
        }),
      )
    }
    await nextTurn()
    if (word === 'wait') while (!cancelled.has(id)) await nextTurn()
    if (cancelled.has(id)) break
  }
  const reason = cancelled.has(id) ? 'cancelled' : 'stop'
  step(
    ...Array.from({ length: job.choices }, (_, choice): JobEvent => ({
      type: 'finished',
      job: id,
      choice,
      reason,
    })),
    { type: 'ended', job: id, usage: { promptTokens, cachedTokens: 0, outputTokens } },
  )
}
