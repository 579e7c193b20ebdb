import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, describe, expect, test } from 'vitest'
import { DeploymentSecret } from './deployment-secret.ts'

describe('the secret of a home', () => {
  test('is made once, for its owner only, and nothing else is left', () => {
    const home = newHome()
    const first = DeploymentSecret.ofHome(home)
    expect(DeploymentSecret.ofHome(home).unit('flag')).toBe(first.unit('flag'))
    expect(readdirSync(home)).toEqual(['guard.key'])
    expect(statSync(join(home, 'guard.key')).mode & 0o777).toBe(0o600)
  })

  test('is a whole one after a start that died while writing it', () => {
    const home = newHome()
    const module = new URL('deployment-secret.ts', import.meta.url).href
    const start = `import(${JSON.stringify(module)}).then((it) => it.DeploymentSecret.ofHome(process.argv[1]))`
    // The first byte that is written to a file ends the process.
    const died = spawnSync(
      'bash',
      ['-c', 'ulimit -f 0; exec "$@"', '-', process.execPath, '-e', start, home],
      {
        env: { PATH: process.env['PATH'], NODE_DISABLE_COMPILE_CACHE: '1' },
      },
    )
    expect(died.status).not.toBe(0)
    DeploymentSecret.ofHome(home)
    expect(readFileSync(join(home, 'guard.key'))).toHaveLength(32)
  })

  test('is refused when the file is empty or short: its key would be known to everybody', () => {
    const home = newHome()
    DeploymentSecret.ofHome(home)
    for (const length of [31, 0]) {
      truncateSync(join(home, 'guard.key'), length)
      expect(() => DeploymentSecret.ofHome(home)).toThrow(
        expect.objectContaining({ code: 'guard_key_unusable' }),
      )
    }
  })
})

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-secret-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  return home
}
