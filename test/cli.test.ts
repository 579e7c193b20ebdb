import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command, Terminal } from '../src/cli/command.ts'
import { allCommands } from '../src/cli/commands.ts'
import { commandHelp } from '../src/cli/help.ts'
import { invocationOf } from '../src/cli/invocation.ts'
import { elpis, freshHome, type Home } from './support/elpis.ts'

let home: Home
beforeAll(() => {
  home = freshHome()
})
afterAll(() => home[Symbol.asyncDispose]())

const entries = await allCommands()
const all = entries.flatMap((entry): { path: string; command: Command; usual: boolean }[] =>
  'commands' in entry
    ? entry.commands.map((command) => ({
        path: `elpis ${entry.name} ${command.name}`,
        command,
        usual: entry.usual === command.name,
      }))
    : [{ path: `elpis ${entry.name}`, command: entry, usual: false }],
)
/** What all tests of the product say. */
const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(\.test|support\/[a-z-]+|scenes\/[a-z-]+)\.ts$/u.test(file))
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  .join('\n')

describe('every command', () => {
  test('that scripts rely on is there', () => {
    expect(entries.map((entry) => entry.name)).toEqual(
      expect.arrayContaining([
        'serve',
        'run',
        'pull',
        'models',
        'rm',
        'inspect',
        'verify',
        'adapters',
        'gpu',
        'keys',
        'bans',
        'usage',
        'doctor',
        'config',
      ]),
    )
  })

  test.each(all)('$path is run by a test', ({ path, usual }) => {
    const [, first = '', second] = path.split(' ')
    // As words of a list, or of a function that puts the first one before the others.
    const run =
      second === undefined
        ? new RegExp(`[[(]\\s*'${first}'`, 'u')
        : new RegExp(`\\b${first}'?[,(]\\s*'${second}'`, 'u')
    const asUsual = new RegExp(`[[(]\\s*'${first}'\\s*(\\]|\\)|,\\s*'--)`, 'u')
    expect(run.test(tests) || (usual && asUsual.test(tests))).toBe(true)
  })

  // In this process: one for each of many commands would take minutes. Those below run as processes.
  test.each(all)('$path shows its options and an example', ({ path, command }) => {
    const help = commandHelp(command, path)
    expect(help).toContain(`Usage: ${path}`)
    expect(help).toMatch(/Examples?:\n {2}\$ .*elpis/u)
    expect(help).toContain('--json')
  })

  test.each(all)('$path refuses an unknown option with a hint', ({ path, command }) => {
    expect(() => invocationOf(command, path, ['--jsno'], {} as Terminal)).toThrow(
      expect.objectContaining({ code: 'usage', exit: 2, hint: expect.stringContaining('--json') }),
    )
  })

  test.each(['serve', 'keys create', 'bans add'])('elpis %s does both as a process', async (path) => {
    const helped = await elpis(home, [...path.split(' '), '--help'])
    expect([helped.code, helped.stdout]).toEqual([0, expect.stringContaining(`Usage: elpis ${path}`)])
    const refused = await elpis(home, [...path.split(' '), '--jsno'])
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([2, '', expect.stringContaining('--json')])
  })
})

describe('the command line as a whole', () => {
  test('elpis alone lists the commands, to standard output', async () => {
    const { code, stdout, stderr } = await elpis(home, [])
    expect([code, stderr]).toEqual([0, ''])
    for (const { name, summary } of entries)
      expect(stdout).toMatch(new RegExp(`${name} +${summary.slice(0, 20)}`, 'u'))
  })

  test('a mistyped command names the nearest', async () => {
    const { code, stderr } = await elpis(home, ['modles'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean `elpis models`?')
  })

  test('with --json an error is one JSON document', async () => {
    const { code, stdout } = await elpis(home, ['inspect', 'nothing-here', '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: expect.any(String), hint: expect.any(String) },
    })
  })

  test('a group without a command shows its commands and fails', async () => {
    const { code, stdout } = await elpis(home, ['config'])
    expect(code).toBe(2)
    expect(stdout).toContain('check')
  })

  test('the version is that of the package', async () => {
    expect((await elpis(home, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/u)
  })
})

describe('elpis config', () => {
  test('show says where each value came from', async () => {
    await using own = freshHome()
    writeFileSync(join(own.path, 'elpis.toml'), '[limits]\nqueue = 7\n')
    const { stdout } = await elpis(own, ['config', 'show', '--json'], { environment: { ELPIS_PORT: '5555' } })
    const { settings } = JSON.parse(stdout) as { settings: { key: string; value: unknown; source: string }[] }
    const of = (key: string) => settings.find((setting) => setting.key === key)
    expect(of('limits.queue')).toMatchObject({ value: 7, source: join(own.path, 'elpis.toml') })
    expect(of('server.port')).toMatchObject({ value: 5555, source: 'ELPIS_PORT' })
    expect(of('server.host')).toMatchObject({ value: '127.0.0.1', source: 'default' })
  })

  test('check names the file, the mistake and the right name', async () => {
    await using own = freshHome()
    writeFileSync(join(own.path, 'elpis.toml'), '[server]\nprot = 1\n')
    const { code, stderr } = await elpis(own, ['config', 'check'])
    expect(code).toBe(2)
    expect(stderr).toContain(join(own.path, 'elpis.toml'))
    expect(stderr).toContain('Did you mean "server.port"?')
  })
})
