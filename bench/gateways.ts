/** The gateways that are measured, each pinned to the first core, in front of the same upstream. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/support/free-port.ts'
import { treeMemory } from '../test/support/process-tree.ts'
import { ready, stop } from './contenders.ts'
import type { GatewayTarget } from './gateway-client.ts'

export interface Gateway {
  readonly name: string
  readonly version: string
  /** How it was started, for the record. */
  readonly command: string
  readonly target: GatewayTarget
  memory(): number
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('..', import.meta.url))
const gatewayCore = '0'
const litellmVersion = '1.106.2'

/** Runs on the first core alone, together with all that it starts. */
function pinned(command: string, words: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn('taskset', ['-c', gatewayCore, command, ...words], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', process.env['SHOW_OUTPUT'] === '1' ? 'inherit' : 'ignore', 'inherit'],
  })
}

function gateway(child: ChildProcess, facts: Omit<Gateway, 'memory' | 'stop'>): Gateway {
  return { ...facts, memory: () => treeMemory(child.pid ?? 0), stop: () => stop(child) }
}

/** Elpis with a key; its bounds are raised to what the load needs. */
export async function elpisGateway(upstream: number): Promise<Gateway> {
  const home = mkdtempSync(join(tmpdir(), 'elpis-bench-'))
  const settings = { ELPIS_HOME: home, ELPIS_LOG_LEVEL: 'warn' }
  const created = spawnSync(
    process.execPath,
    ['bin/elpis.js', 'keys', 'create', '--name', 'bench', '--json'],
    {
      cwd: root,
      env: { ...process.env, ...settings },
      encoding: 'utf8',
    },
  )
  const { key } = JSON.parse(created.stdout) as { key: string }
  writeFileSync(
    join(home, 'elpis.toml'),
    `[upstreams.mock]\nurl = "http://127.0.0.1:${upstream}/v1"\nat_once = 1000\n[limits]\nqueue_per_key = 1000\n`,
  )
  const port = await freePort()
  const profile =
    process.env['PROFILE'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env['PROFILE']}`]
  const words = [...profile, 'bin/elpis.js', 'serve', '--port', String(port)]
  const child = pinned(process.execPath, words, settings)
  await ready(child, `http://127.0.0.1:${port}/ready`)
  return gateway(child, {
    name: 'elpis',
    version: '0.1.0',
    command: 'elpis serve, one key, one upstream',
    target: { port, headers: { authorization: `Bearer ${key}` } },
  })
}

/**
 * Portkey's open gateway: it knows no keys of its own, the one that is sent is passed on. With the newest `hono` and
 * `@hono/node-server` that it allows, streams fail, so `package.json` holds both at the newest with which they do not.
 */
export async function portkey(upstream: number): Promise<Gateway> {
  const folder = join(root, 'bench/node_modules/@portkey-ai/gateway')
  if (!existsSync(folder)) {
    spawnSync('npm', ['install', '--ignore-scripts', '--prefix', join(root, 'bench')], { stdio: 'inherit' })
  }
  const port = await freePort()
  const words = [join(folder, 'build/start-server.js'), '--headless', `--port=${port}`]
  const child = pinned(process.execPath, words, {
    NODE_ENV: 'production',
    TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost',
  })
  await ready(child, `http://127.0.0.1:${port}/`)
  return gateway(child, {
    name: 'portkey',
    version: '1.15.2',
    command: '@portkey-ai/gateway start-server.js --headless',
    target: {
      port,
      headers: {
        authorization: 'Bearer any',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `http://127.0.0.1:${upstream}/v1`,
      },
    },
  })
}

/** LiteLLM's proxy with its master key, one worker; installed into the cache on the first run. */
export async function litellm(upstream: number): Promise<Gateway> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'elpis-bench/litellm')
  const binary = join(folder, 'bin/litellm')
  if (!existsSync(binary)) {
    spawnSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' })
    const wanted = `litellm[proxy]==${litellmVersion}`
    spawnSync(join(folder, 'bin/pip'), ['install', '--quiet', wanted], { stdio: 'inherit' })
  }
  const configuration = join(mkdtempSync(join(tmpdir(), 'elpis-bench-')), 'litellm.yaml')
  const models = ['mock', 'paced'].map(
    (name) =>
      `  - model_name: ${name}\n    litellm_params: {model: openai/${name}, api_base: "http://127.0.0.1:${upstream}/v1", api_key: any}`,
  )
  writeFileSync(
    configuration,
    `model_list:\n${models.join('\n')}\ngeneral_settings: {master_key: sk-bench}\n`,
  )
  const port = await freePort()
  const words = [
    '--config',
    configuration,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--num_workers',
    '1',
  ]
  const child = pinned(binary, words, {
    LITELLM_LOG: 'ERROR',
    LITELLM_MODE: 'PRODUCTION',
    LITELLM_TELEMETRY: 'False',
  })
  await ready(child, `http://127.0.0.1:${port}/health/liveliness`)
  return gateway(child, {
    name: 'litellm',
    version: litellmVersion,
    command: 'litellm --config … --num_workers 1, with a master key',
    target: { port, headers: { authorization: 'Bearer sk-bench' } },
  })
}
