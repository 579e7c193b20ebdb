/** Every command and path that a text of ours names is there: advice must lead somewhere. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { allCommands } from '../src/cli/commands.ts'
import { freshHome, root } from './support/elpis.ts'
import { prepareDatabase } from './support/prepared-home.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => `src/${file}`)
const guides = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`)
const texts = [...source, ...guides, 'README.md', 'SECURITY.md'].map(
  (file) => [file, readFileSync(join(root, file), 'utf8')] as const,
)

/** What programs of ours are called towards others. */
const otherNames = new Set(['src/storage/postgres/open-postgres.ts', 'src/access/sign-in/totp-secrets.ts'])

test('commands', async () => {
  const all = new Map((await allCommands()).map((command) => [command.name, command]))
  const wrong: string[] = []
  for (const [file, text] of texts.filter(([name]) => !otherNames.has(name))) {
    // As a command: in quotes of code, at the start of a string or of a line of a shell.
    for (const [, name = '', second = ''] of text.matchAll(
      /(?:[`'"]|^|\$ |npx )elpis ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/gm,
    )) {
      const command = all.get(name)
      const inGroup = command !== undefined && 'commands' in command
      const there = inGroup && second !== '' ? command.commands.some((one) => one.name === second) : true
      if (command === undefined || !there) wrong.push(`${file}: elpis ${name} ${second}`)
    }
  }
  expect(wrong).toEqual([])
})

test('paths, and what monitoring takes', async () => {
  await using home = freshHome()
  prepareDatabase(home.path)
  const server = await startWholeServer(wholeConfig(home.path, { ELPIS_GUARD_POLICY: 'open' }))
  onTestFinished(() => server.close(AbortSignal.abort()))
  const document = await (await fetch(`${server.url}/openapi.json`)).json()
  const { paths } = document as { paths: Record<string, Record<string, object>> }
  const taken = { content: { 'application/json': { schema: expect.anything() } } }
  expect(paths).toMatchObject({
    '/v1/admin/incidents': { post: { requestBody: taken } },
    '/v1/admin/incidents/{id}': { post: { requestBody: taken, parameters: [{ name: 'id', in: 'path' }] } },
    '/v1/admin/insight': { get: { parameters: [{ name: 'hours' }, { name: 'k' }] } },
  })
  expect(JSON.stringify(paths['/v1/admin/incidents']?.['post'])).toContain('discovered_at')

  const known = Object.keys(paths).map((path) => path.split('/'))
  const there = (path: string) => {
    const named = path.replace(/\/$/, '').split('/')
    // A folder of routes may be named by its beginning.
    return known.some((parts) => named.every((part, index) => same(parts[index], part)))
  }
  const wrong = texts.flatMap(([file, text]) =>
    [...text.matchAll(/\/v1\/(?:admin|safety|me|content|log)\b[\w/:{}-]*/g)]
      .map(([path]) => path)
      .filter((path) => !there(path))
      .map((path) => `${file}: ${path}`),
  )
  expect(wrong).toEqual([])
})

/** Names of parameters are written as `{id}`, `:id` or `ID`. */
function same(part: string | undefined, named: string): boolean {
  return part === named || (part?.startsWith('{') === true && /^(?::\w+|\{\w+\}|[A-Z]+)$/.test(named))
}
