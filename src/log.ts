/** The server's log: one line an event, JSON where a machine reads it. Never prompts, answers, keys or cookies. */
import { styleText } from 'node:util'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Writes one line: what happened, and facts about it. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void

interface LogOptions {
  readonly level: LogLevel | 'silent'
  /** For a person at a terminal; otherwise one JSON object a line. */
  readonly pretty: boolean
  readonly write: (line: string) => void
  readonly now?: () => number
}

const rank = { silent: 0, error: 1, warn: 2, info: 3, debug: 4 } as const
const colour = { error: 'red', warn: 'yellow', info: 'cyan', debug: 'gray' } as const

/** A log that writes events of `level` and graver, by `write`: lines of JSON, or coloured text where `pretty`. */
export function createLog({ level: most, pretty, write, now = Date.now }: LogOptions): Log {
  return (level, event, fields = {}) => {
    if (rank[level] > rank[most]) return
    const time = new Date(now()).toISOString()
    if (!pretty) {
      write(`${JSON.stringify({ time, level, event, ...fields })}\n`)
      return
    }
    const facts = Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => `${styleText('gray', `${name}=`)}${plain(String(value))}`)
    write(`${styleText('gray', time.slice(11, 19))} ${styleText(colour[level], event)} ${facts.join(' ')}\n`)
  }
}

/** Nothing that came from outside may move the cursor, recolour the screen or fake a second line. */
function plain(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
