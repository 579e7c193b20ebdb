/**
 * A real Prometheus takes what lies in `deploy/` and scrapes a server. It is found as `$PROMETHEUS_FOLDER`, or fetched once
 * with `apt-get download`, without being installed.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from './support/elpis.ts'
import { freePort } from './support/free-port.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const folder = prometheusFolder()
const rules = join(root, 'deploy', 'prometheus-rules.yml')

/** Where `prometheus` and `promtool` lie; null, after one line that says why, where they cannot be had. */
function prometheusFolder(): string | null {
  const given = process.env['PROMETHEUS_FOLDER']
  if (given !== undefined && given !== '') return given
  const cache = join(homedir(), '.cache', 'elpis-tests', 'prometheus')
  const found = join(cache, 'usr', 'bin')
  if (existsSync(join(found, 'promtool'))) return found
  try {
    mkdirSync(cache, { recursive: true })
    execFileSync('apt-get', ['download', 'prometheus'], { cwd: cache, stdio: 'ignore', timeout: 120_000 })
    const file = readdirSync(cache).find((name) => name.endsWith('.deb')) ?? ''
    execFileSync('dpkg', ['-x', file, '.'], { cwd: cache, stdio: 'ignore' })
    return found
  } catch (error) {
    console.log(`No Prometheus: ${(error as Error).message.split('\n')[0]}`)
    return null
  }
}

/** A whole server but for its engine; @returns host and port */
async function served(home: string): Promise<string> {
  const server = await startWholeServer(wholeConfig(home))
  onTestFinished(() => server.close(AbortSignal.abort()))
  await server.ready
  return new URL(server.url).host
}

test.skipIf(folder === null)(
  'loads the rules, finds nothing wrong with the configuration, and scrapes a server with it',
  async () => {
    const bin = folder ?? ''
    const home = mkdtempSync(join(tmpdir(), 'elpis-prometheus-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const config = join(root, 'deploy', 'prometheus.yml')
    const said = execFileSync(join(bin, 'promtool'), ['check', 'config', config]).toString()
    expect(said).toContain('SUCCESS')
    const target = await served(home)
    const metrics = await (await fetch(`http://${target}/metrics`)).text()
    execFileSync(join(bin, 'promtool'), ['check', 'metrics'], { input: metrics })

    const text = readFileSync(config, 'utf8')
      .replace('localhost:4141', target)
      .replace('[prometheus-rules.yml]', `['${rules}']`)
      .replace('15s', '1s')
    writeFileSync(join(home, 'prometheus.yml'), text)
    const own = `127.0.0.1:${await freePort()}`
    const prometheus = spawn(
      join(bin, 'prometheus'),
      [
        `--config.file=${join(home, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(home, 'series')}`,
        `--web.listen-address=${own}`,
      ],
      { stdio: 'ignore' },
    )
    onTestFinished(async () => {
      const over = once(prometheus, 'exit')
      prometheus.kill('SIGKILL')
      await over
    })
    const ask = async (path: string) => {
      const answer = await fetch(`http://${own}/api/v1/${path}`)
      return ((await answer.json()) as { data: never }).data
    }
    const query = async (expression: string) => {
      const asked = `query?query=${encodeURIComponent(expression)}`
      const { result } = (await ask(asked)) as { result: { value: [number, string] }[] }
      return Number(result[0]?.value[1] ?? 0)
    }
    const patience = { timeout: 60_000, interval: 500 }
    await expect.poll(async () => await query('up{job="elpis"}').catch(() => 0), patience).toBe(1)
    expect(await query('count({__name__=~"elpis_.+"})')).toBeGreaterThan(10)
    const { groups } = (await ask('rules')) as { groups: { rules: { name: string }[] }[] }
    const loadedRules = groups.flatMap((group) => group.rules.map(({ name }) => name))
    const written = [...readFileSync(rules, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
    expect(loadedRules).toEqual(written)
  },
  180_000,
)
