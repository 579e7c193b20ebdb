import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allCommands } from '../src/cli/commands.ts'
import { elpis, freshHome, type Home } from './support/elpis.ts'

let home: Home
beforeAll(() => {
  home = freshHome()
})
afterAll(() => home[Symbol.asyncDispose]())

const commands = await allCommands()
const paths = commands.flatMap((entry) =>
  'commands' in entry ? entry.commands.map((command) => [entry.name, command.name]) : [[entry.name]],
)

describe('every command', () => {
  test('the list of commands is what the product promises', () => {
    expect(commands.map((entry) => entry.name).sort()).toEqual(
      [
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
        'doctor',
        'config',
      ].sort(),
    )
  })

  test.each(paths)('elpis %s %s --help shows its options and an example', async (...path) => {
    const { code, stdout } = await elpis(home, [...path.filter(Boolean), '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: elpis ${path.filter(Boolean).join(' ')}`)
    expect(stdout).toMatch(/Examples?:\n {2}\$ .*elpis/u)
    expect(stdout).toContain('--json')
  })

  test.each(paths)('elpis %s %s refuses an unknown option with exit code 2 and a hint', async (...path) => {
    const { code, stdout, stderr } = await elpis(home, [...path.filter(Boolean), '--jsno'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('--json')
  })
})

describe('the command line as a whole', () => {
  test('elpis alone lists the commands, to standard output', async () => {
    const { code, stdout, stderr } = await elpis(home, [])
    expect([code, stderr]).toEqual([0, ''])
    for (const { name, summary } of commands)
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
