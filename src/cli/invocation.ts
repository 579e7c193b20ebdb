import { parseArgs } from 'node:util'
import { loadConfig, type Config, type Overrides } from '../config.ts'
import { nearest } from '../core/nearest.ts'
import { elpisError } from '../errors.ts'
import { listenForInterruption } from './interruption.ts'
import type { Command, Invocation, OptionSpecs, Terminal } from './command.ts'

/**
 * The parsed line of one command.
 *
 * @throws `usage` on an unknown option, a missing value or a wrong number of arguments.
 */
export function invocationOf(
  command: Command,
  path: string,
  words: readonly string[],
  terminal: Terminal,
): Invocation<OptionSpecs> {
  const specs: OptionSpecs = { ...command.options, json: { type: 'boolean', description: '' } }
  const { values, positionals } = parse(specs, path, words)
  const [least, most] = command.positionals ?? [0, 0]
  if (positionals.length < least || positionals.length > most) {
    throw elpisError('usage', {
      problem:
        positionals.length < least
          ? `${(command.usage ?? '').split(' ').at(positionals.length) ?? 'Something'} is missing.`
          : `"${positionals[most]}" is one too many.`,
      suggestion: `Usage: ${[path, command.usage, '[OPTIONS]'].filter(Boolean).join(' ')}`,
    })
  }
  let config: Config | undefined
  const { json, ...options } = values
  return {
    options: options as Invocation<OptionSpecs>['options'],
    positionals,
    json: json === true,
    terminal,
    config: () => (config ??= loadConfig(process.env, overridesOf(specs, values))),
    ...listenForInterruption(),
  }
}

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>

function parse(
  specs: OptionSpecs,
  path: string,
  words: readonly string[],
): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(specs).map(([name, { type, short, multiple }]) => [
          name,
          {
            type,
            ...(short === undefined ? {} : { short }),
            ...(multiple === undefined ? {} : { multiple }),
          },
        ]),
      ),
    })
  } catch (error) {
    const message = (error as Error).message.split('. ')[0] ?? ''
    const typed = /'-{0,2}([\w-]+)/.exec(message)?.[1] ?? ''
    const guess = message.startsWith('Unknown option') ? nearest(typed, Object.keys(specs)) : null
    throw elpisError('usage', {
      problem: `${message}.`,
      suggestion: guess === null ? `\`${path} --help\` lists its options.` : `Did you mean --${guess}?`,
    })
  }
}

function overridesOf(specs: OptionSpecs, values: Values): Overrides {
  return new Map(
    Object.entries(specs).flatMap(([name, { setting }]) => {
      const value = values[name]
      return setting === undefined || value === undefined
        ? []
        : [[setting, { flag: `--${name}`, value: String(value) }]]
    }),
  )
}
