import type { z } from 'zod'
import { machineOwner, type Operation } from '../api/standing/operation.ts'
import { parseBody } from '../api/parse.ts'
import type { Config } from '../config.ts'
import { elpisError } from '../errors.ts'
import { inOwnProcess } from './own-process.ts'
import { throughServer } from './running-server.ts'

/**
 * Does something about standing: through the running server, which then knows at once, by ourselves when there is none.
 * With `$ELPIS_KEY` set a running server takes whoever it belongs to for the one who acts.
 */
export async function perform<Input extends z.ZodType, Output extends z.ZodType>(
  config: Config,
  operation: Operation<Input, Output>,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  return await throughServer(
    config,
    (server) => server.standing(operation, input, process.env['ELPIS_KEY'] || null),
    () =>
      inOwnProcess(config, async ({ standing }) => {
        const result = await operation.run(standing, parseBody(operation.input, input), machineOwner)
        return operation.output.parse(result)
      }),
  )
}

const units = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const

/**
 * `30m`, `12h`, `7d`, `2w` in seconds.
 *
 * @throws `usage`
 */
export function secondsOf(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  if (count === undefined || Number(count) === 0) {
    throw elpisError('usage', {
      problem: `"${text}" is no length of time.`,
      suggestion: 'Write minutes, hours, days or weeks: 30m, 12h, 7d, 2w.',
    })
  }
  return Number(count) * units[unit as keyof typeof units]
}

/** `key:key_…`, with what it is called where that is known. */
export function withName({
  target,
  name,
}: {
  readonly target: string
  readonly name: string | null
}): string {
  return name === null ? target : `${target} (${name})`
}

/** Said where nobody of that id is here: it may be mistyped, and then bars nobody. */
export function noteOnUnknown(found: {
  readonly target: string
  readonly name: string | null
}): string | null {
  const [kind = ''] = found.target.split(':')
  const lists: Readonly<Record<string, string>> = { key: 'keys', person: 'people', org: 'orgs' }
  const list = lists[kind]
  return list === undefined || found.name !== null
    ? null
    : `Nobody of that id is here now. If it is mistyped, \`elpis ${list} list\` shows the right one.`
}

/** An option that a command cannot do without. @throws `usage` */
export function needed(value: string | undefined, option: string, suggestion: string): string {
  if (value === undefined) throw elpisError('usage', { problem: `${option} is missing.`, suggestion })
  return value
}
