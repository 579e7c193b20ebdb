import type { Command, CommandGroup, OptionSpecs } from './command.ts'

/** Options that every command has. */
const common: OptionSpecs = {
  json: { type: 'boolean', description: 'Print one JSON document instead of text.' },
  help: { type: 'boolean', short: 'h', description: 'Show this.' },
}

/** The text of `elpis --help`. */
export function overview(entries: readonly (Command | CommandGroup)[]): string {
  return [
    'Elpis serves open-weight models on your own machine.',
    '',
    'Usage: elpis COMMAND [OPTIONS]',
    '',
    columns(entries.map((entry) => [entry.name, entry.summary])),
    '',
    'Each command has --help with examples. Settings: `elpis config show`.',
  ].join('\n')
}

/** The text of `--help` for a group of commands. */
export function groupHelp(group: CommandGroup): string {
  return [
    group.summary,
    '',
    `Usage: elpis ${group.name} ${group.usual === undefined ? 'COMMAND' : '[COMMAND]'} [OPTIONS]`,
    '',
    columns(group.commands.map((command) => [command.name, command.summary])),
    ...(group.usual === undefined ? [] : ['', `Without a command it is \`${group.usual}\`.`]),
  ].join('\n')
}

/** The text of `--help` for one command; `path` is how it is called. */
export function commandHelp(command: Command, path: string): string {
  const lines = [
    command.summary,
    '',
    `Usage: ${[path, command.usage, '[OPTIONS]'].filter(Boolean).join(' ')}`,
  ]
  if (command.details !== undefined) lines.push('', command.details)
  const options = Object.entries({ ...command.options, ...common }).map(([name, spec]): [string, string] => {
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `
    const value = spec.type === 'boolean' ? '' : ` ${spec.value ?? 'VALUE'}`
    const repeat = spec.multiple === true ? ' (may be repeated)' : ''
    return [`${short}--${name}${value}`, spec.description + repeat]
  })
  lines.push('', 'Options:', columns(options))
  lines.push('', command.examples.length === 1 ? 'Example:' : 'Examples:')
  lines.push(...command.examples.map((example) => `  $ ${example}`))
  return lines.join('\n')
}

/** Two columns, the first as wide as its widest cell. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
