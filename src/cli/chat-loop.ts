/** The conversation of `elpis run` on a terminal. */
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { ChatMessage } from '../core/request.ts'
import { complaint } from './complaint.ts'
import { plainText } from './plain-text.ts'
import type { Talk, TalkSettings } from './talk.ts'

const help = [
  '  /system TEXT   instructions from here on (alone: none)',
  '  /clear         forget the conversation',
  '  /help          this',
  '  /quit          leave (also Ctrl-D)',
  '  """            begins and ends a message of several lines',
].join('\n')

/** Where the conversation takes place. */
export interface Screen {
  readonly input: Readable
  readonly output: Writable
  /** Keys come one by one and Ctrl-C is one of them. */
  readonly terminal: boolean
}

/** Talks until the person leaves. */
export async function chatLoop(
  talk: Talk,
  system: readonly ChatMessage[],
  settings: TalkSettings,
  screen: Screen,
): Promise<void> {
  const { output } = screen
  const say = (text: string) => output.write(`${text}\n`)
  const lines = createInterface({ ...screen })
  const ask = lineReader(lines)
  let answering: AbortController | null = null
  lines.on('SIGINT', () => {
    if (answering === null) lines.close()
    else answering.abort()
  })
  say(dim(`${talk.model}, ${talk.place}. /help lists commands, Ctrl-C stops an answer.`))

  let messages: readonly ChatMessage[] = system
  try {
    for (;;) {
      const typed = await readMessage(ask)
      if (typed === null || /^\/(quit|exit|bye)$/.test(typed)) break
      if (typed === '') continue
      if (typed.startsWith('/')) {
        const [remark, changed] = obey(typed, messages)
        messages = changed
        say(remark)
        continue
      }
      const asked: ChatMessage[] = [...messages, { role: 'user', content: typed }]
      answering = new AbortController()
      const answer = await oneAnswer(talk.answer(asked, settings, answering.signal), answering.signal, output)
      answering = null
      if (answer !== null) messages = [...asked, { role: 'assistant', content: answer }]
    }
  } finally {
    lines.close()
    say('')
  }
}

/** A command: what to say about it, and the conversation after it. */
function obey(
  typed: string,
  messages: readonly ChatMessage[],
): readonly [remark: string, messages: readonly ChatMessage[]] {
  const [, command = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(typed) ?? []
  switch (command) {
    case '/help':
      return [help, messages]
    case '/clear':
      return [dim('Forgotten.'), messages.filter(({ role }) => role === 'system')]
    case '/system': {
      const others = messages.filter(({ role }) => role !== 'system')
      if (rest === '') return [dim('No instructions.'), others]
      return [dim('Noted.'), [{ role: 'system', content: rest }, ...others]]
    }
    default:
      return [dim(`There is no command ${plainText(command)}. /help lists them.`), messages]
  }
}

/** Shows the prompt and gives the next line; null at the end of the input. */
type Ask = (prompt: string) => Promise<string | null>

/** What is typed or pasted while an answer is still being written waits for its turn. */
function lineReader(lines: Interface): Ask {
  const typed: string[] = []
  let closed = false
  let wanted: ((line: string | null) => void) | null = null
  const hand = (line: string | null) => {
    wanted?.(line)
    wanted = null
  }
  lines.on('line', (line) => (wanted === null ? void typed.push(line) : hand(line)))
  lines.once('close', () => {
    closed = true
    hand(null)
  })
  return async (prompt) => {
    const line = typed.shift()
    if (line !== undefined || closed) return line ?? null
    lines.setPrompt(prompt)
    lines.prompt()
    return await new Promise((resolve) => {
      wanted = resolve
    })
  }
}

/** A line, or several between lines of three quotation marks; null at the end of the input. */
async function readMessage(ask: Ask): Promise<string | null> {
  const first = await ask('>>> ')
  if (first === null || !first.startsWith('"""')) return first?.trim() ?? null
  const block = [first.slice(3)]
  for (;;) {
    const line = await ask('... ')
    if (line === null) return null
    if (line.endsWith('"""')) return [...block, line.slice(0, -3)].join('\n').trim()
    block.push(line)
  }
}

/** Streams one answer to the screen. @returns what was said, cut short or not; null when nothing was. */
async function oneAnswer(
  parts: ReturnType<Talk['answer']>,
  signal: AbortSignal,
  output: Writable,
): Promise<string | null> {
  let content = ''
  let firstAt: number | null = null
  let thinking = false
  let loading = false
  for await (const part of parts) {
    if (loading && part.type !== 'loading') output.write(`\r${' '.repeat('Loading 100%'.length)}\r`)
    loading &&= part.type === 'loading'
    switch (part.type) {
      case 'loading':
        output.write(`\r${dim(`Loading ${Math.floor(part.fraction * 100)}%`)}`)
        loading = true
        break
      case 'start':
      case 'finish':
      case 'tool-call-start':
      case 'tool-call-delta':
        break
      case 'reasoning-delta':
        firstAt ??= performance.now()
        thinking = true
        output.write(dim(plainText(part.text)))
        break
      case 'text-delta':
        firstAt ??= performance.now()
        if (thinking && part.text !== '') output.write('\n\n')
        thinking &&= part.text === ''
        content += part.text
        output.write(plainText(part.text))
        break
      case 'usage': {
        const seconds = (performance.now() - (firstAt ?? performance.now())) / 1000
        output.write(`\n${dim(figures(part.usage.outputTokens, seconds))}\n`)
        break
      }
      case 'error':
        output.write(signal.aborted ? `\n${dim('Stopped.')}\n` : `\n${complaint(part.error)}\n`)
        break
      default:
        part satisfies never
    }
  }
  return content === '' ? null : content
}

/** Too short an answer says nothing about the speed. */
function figures(tokens: number, seconds: number): string {
  const speed = seconds > 0.05 && tokens > 1 ? `, ${((tokens - 1) / seconds).toFixed(0)} tokens/s` : ''
  return `${tokens} tokens${speed}`
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout })
}
