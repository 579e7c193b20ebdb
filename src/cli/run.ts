import { fstatSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Config } from '../config.ts'
import type { FinishReason, Usage } from '../core/part.ts'
import type { ChatMessage } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import { createLog } from '../log.ts'
import { isModelName } from '../weights/names.ts'
import { defineCommand, type Terminal } from './command.ts'
import { chatLoop } from './chat-loop.ts'
import { plainText } from './plain-text.ts'
import { ProgressBar } from './progress-bar.ts'
import { standardError, teller } from './pull.ts'
import type { Talk, TalkSettings } from './talk.ts'

export const run = defineCommand({
  name: 'run',
  summary: 'Chat with a model in the terminal, or ask it one thing.',
  usage: '[MODEL] [PROMPT]',
  details: [
    'Uses the server that runs on this home if it serves the model, else loads the model itself (and pulls it first,',
    'if it is not here). Text piped in is the prompt, or follows it. Ctrl-C stops an answer; a second one leaves.',
  ].join('\n'),
  examples: [
    'elpis run',
    'elpis run smollm2:135m "Why is the sky blue?"',
    'git diff | elpis run qwen3:4b "Review this change."',
  ],
  positionals: [0, 2],
  options: {
    system: {
      type: 'string',
      value: 'TEXT',
      description: 'Instructions that stand before the conversation.',
    },
    temperature: {
      type: 'string',
      value: 'NUMBER',
      description: '0 to 2; 0 takes the likeliest token. Default 0.7.',
    },
    seed: { type: 'string', value: 'NUMBER', description: 'The same seed gives the same answer.' },
    'max-tokens': { type: 'string', value: 'NUMBER', description: 'Most tokens of an answer.' },
    'accept-license': { type: 'boolean', description: 'Accept the licence of a model that is pulled.' },
  },
  async run({ positionals, options, config, json, signal, terminal }) {
    const settings: TalkSettings = {
      ...numberOption('temperature', options.temperature, 0, 2, false),
      ...numberOption('seed', options.seed, 0, 4_294_967_295, true),
      ...renamed(numberOption('max-tokens', options['max-tokens'], 1, 2_147_483_647, true)),
    }
    const { model, words } = modelAndPrompt(positionals)
    const prompt = [words, await pipedText()].filter((part) => part !== '').join('\n\n')
    if (prompt === '' && (json || !process.stdin.isTTY)) {
      throw elpisError('usage', {
        problem: 'There is no prompt.',
        suggestion: 'Give one: `elpis run MODEL "PROMPT"`, or pipe text in.',
      })
    }
    const system: ChatMessage[] =
      options.system === undefined ? [] : [{ role: 'system', content: options.system }]
    await using talk = await openTalk(model, config(), {
      signal,
      terminal,
      quiet: json,
      acceptLicence: options['accept-license'] === true,
    })
    if (!json && talk.unseen > 0) {
      const times = talk.unseen === 1 ? 'once' : `${talk.unseen} times`
      terminal.note(`Somebody read what was said here, ${times}: ${talk.place}/account says who, and why.`)
    }
    if (prompt === '') {
      return await chatLoop(talk, system, settings, {
        input: process.stdin,
        output: process.stdout,
        terminal: true,
      })
    }
    return await askOnce(talk, [...system, { role: 'user', content: prompt }], settings, {
      json,
      signal,
      terminal,
    })
  },
})

interface Opening {
  readonly signal: AbortSignal
  readonly terminal: Terminal
  readonly quiet: boolean
  readonly acceptLicence: boolean
}

async function openTalk(
  model: string | null,
  config: Config,
  { signal, terminal, quiet, acceptLicence }: Opening,
): Promise<Talk> {
  const { talkToServer } = await import('./talk-to-server.ts')
  const there = await talkToServer(config.home, model)
  if (there !== null) return there
  const { talkHere } = await import('./talk-here.ts')
  const display = quiet ? null : new ProgressBar(standardError(terminal))
  const reference = model ?? config.models.serve[0]
  if (reference === undefined) {
    throw elpisError('usage', { problem: 'No model is named.', suggestion: 'Say which: `elpis run MODEL`.' })
  }
  if (!quiet && terminal.interactive) terminal.note(`Loading ${reference}…`)
  try {
    return await talkHere(reference, {
      config,
      signal,
      log: createLog({ level: 'error', pretty: true, write: (line) => void process.stderr.write(line) }),
      onPull: display === null ? () => {} : teller(display),
      acceptLicence: async () => acceptLicence,
    })
  } finally {
    display?.clear()
  }
}

/** One answer, streamed to standard output, or as one JSON document. */
async function askOnce(
  talk: Talk,
  messages: readonly ChatMessage[],
  settings: TalkSettings,
  { json, signal, terminal }: { json: boolean; signal: AbortSignal; terminal: Terminal },
): Promise<number | void> {
  let content = ''
  let reason: FinishReason | null = null
  let usage: Usage | null = null
  for await (const part of talk.answer(messages, settings, signal)) {
    if (part.type === 'text-delta') {
      content += part.text
      // A file or another program gets what the model said; a person's terminal only what is harmless.
      if (!json) process.stdout.write(terminal.interactive ? plainText(part.text) : part.text)
    } else if (part.type === 'finish') ({ reason } = part)
    else if (part.type === 'usage') ({ usage } = part)
    else if (part.type === 'error') {
      if (!json && content !== '') process.stdout.write('\n')
      if (signal.aborted) return 130
      throw part.error
    }
  }
  if (!json) {
    process.stdout.write('\n')
    return undefined
  }
  terminal.print(
    JSON.stringify({
      model: talk.model,
      content,
      finish_reason: reason,
      usage: usage && { prompt_tokens: usage.promptTokens, completion_tokens: usage.outputTokens },
    }),
  )
  return undefined
}

/** One argument is a model if it looks like one, else the prompt. */
function modelAndPrompt([first, second]: readonly string[]): { model: string | null; words: string } {
  if (second !== undefined) return { model: first ?? null, words: second }
  if (first === undefined) return { model: null, words: '' }
  const named = isModelName(first) || /^(hf|https?|file|pypi):\S+\.gguf/i.test(first)
  return named ? { model: first, words: '' } : { model: null, words: first }
}

/** What another program or a file sends; nothing when a person sits there. */
async function pipedText(): Promise<string> {
  if (process.stdin.isTTY) return ''
  const stat = fstatSync(0)
  if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return ''
  return (await text(process.stdin)).trim()
}

function numberOption<Name extends string>(
  name: Name,
  typed: string | undefined,
  least: number,
  most: number,
  whole: boolean,
): { [Key in Name]?: number } {
  if (typed === undefined) return {}
  const value = typed.trim() === '' ? Number.NaN : Number(typed)
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw elpisError('usage', {
      problem: `--${name} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${typed}".`,
      suggestion: '`elpis run --help` shows all options.',
    })
  }
  return { [name]: value } as { [Key in Name]?: number }
}

function renamed({ 'max-tokens': maxTokens }: { 'max-tokens'?: number }): TalkSettings {
  return maxTokens === undefined ? {} : { maxTokens }
}
