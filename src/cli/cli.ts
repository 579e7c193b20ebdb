/** The bin: finds the command, parses its line, runs it, and turns whatever happens into output and an exit code. */
import { styleText } from 'node:util'
import { nearest } from '../core/nearest.ts'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import type { Command } from './command.ts'
import { allCommands, commands } from './commands.ts'
import { commandHelp, groupHelp, overview } from './help.ts'
import { invocationOf } from './invocation.ts'
import { processTerminal } from './terminal.ts'
import { version } from './version.ts'

async function main(words: readonly string[]): Promise<number> {
  const terminal = processTerminal()
  const json = words.includes('--json')
  try {
    const [first, ...rest] = words
    if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
      terminal.print(overview(await allCommands()))
      return 0
    }
    if (first === '--version' || first === '-v') {
      terminal.print(version)
      return 0
    }
    const found = await find(commands, first, 'elpis').load()
    if (!('commands' in found)) return await execute(found, `elpis ${first}`, rest)
    const [second, ...arguments_] = rest
    const asksHelp = second === '--help' || second === '-h'
    if (found.usual !== undefined && !asksHelp && (second === undefined || second.startsWith('-')))
      return await execute(find(found.commands, found.usual, `elpis ${first}`), `elpis ${first}`, rest)
    if (second === undefined || asksHelp) {
      terminal.print(groupHelp(found))
      return second === undefined ? 2 : 0
    }
    return await execute(
      find(found.commands, second, `elpis ${first}`),
      `elpis ${first} ${second}`,
      arguments_,
    )
  } catch (error) {
    return report(asElpisError(error), json)
  }

  async function execute(command: Command, path: string, arguments_: readonly string[]): Promise<number> {
    if (arguments_.includes('--help') || arguments_.includes('-h')) {
      terminal.print(commandHelp(command, path))
      return 0
    }
    return (await command.run(invocationOf(command, path, arguments_, terminal))) ?? 0
  }
}

function find<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  name: string,
  path: string,
): Entry {
  const found = entries.find((entry) => entry.name === name)
  if (found !== undefined) return found
  const guess = nearest(
    name,
    entries.map((entry) => entry.name),
  )
  throw elpisError('usage', {
    problem: `There is no command "${path} ${name}".`,
    suggestion:
      guess === null ? `\`${path} --help\` lists all commands.` : `Did you mean \`${path} ${guess}\`?`,
  })
}

function report(error: ElpisError, json: boolean): number {
  if (json) {
    const { code, message, hint } = error
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`)
  } else {
    const red = styleText('red', 'error', { stream: process.stderr })
    process.stderr.write(`${red}: ${error.message}\n${error.hint === '' ? '' : `  ${error.hint}\n`}`)
  }
  if (error.code === 'internal' && error.cause !== undefined) {
    process.stderr.write(
      `${error.cause instanceof Error ? error.cause.stack : JSON.stringify(error.cause)}\n`,
    )
  }
  return error.exit
}

process.exitCode = await main(process.argv.slice(2))
