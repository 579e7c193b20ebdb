/** Runs the product as its users do: the bin, in a process of its own, on a home of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectControl } from '../../src/api/control/client.ts'
import { prepareModels } from './prepared-home.ts'
import { realModelPath } from './real-model.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/elpis.js')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A fresh `$ELPIS_HOME`, gone at the end of the `await using` block. */
export interface Home extends AsyncDisposable {
  readonly path: string
  readonly environment: NodeJS.ProcessEnv
}

export function freshHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'elpis-home-'))
  return {
    path,
    environment: cleanEnvironment(path),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** This process's environment without anybody's own settings of Elpis. */
function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ELPIS_'))
  return { ...Object.fromEntries(kept), ELPIS_HOME: home, NO_COLOR: '1' }
}

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv
  readonly input?: string
}

/** `elpis …words`, to its end. */
export function elpis(home: Home, words: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return finished(startElpis(home, words, options), options.input ?? '')
}

/** `elpis …words`, still running. */
export function startElpis(home: Home, words: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [bin, ...words], {
    cwd: home.path,
    env: { ...home.environment, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

async function finished(child: ChildProcess, input: string): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, stdout, stderr }
}

/** A running server. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly signInLink: string
  readonly process: ChildProcess
  /** Milliseconds from the start of the process to its `ready`. */
  readonly readyAfter: number
  /** Everything it wrote to standard error so far. */
  log(): string
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>
}

/**
 * `elpis serve --json …words` on a free port, once its models answer.
 *
 * @throws with the server's own last words when it ends before it is ready.
 */
export async function serveElpis(
  home: Home,
  words: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunningServer> {
  const started = performance.now()
  const child = startElpis(home, ['serve', '--json', '--port', '0', ...words], options)
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const ready = await new Promise<{ url: string; signInLink: string }>((resolve, reject) => {
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const event = JSON.parse(line) as { event: string; url: string; signInLink: string }
        if (event.event === 'ready') resolve(event)
      })
    }
    void exit.then((code) => reject(new Error(`The server ended with ${code} before it was ready:\n${log}`)))
  })
  const stop = () => {
    child.kill('SIGTERM')
    return exit
  }
  return {
    url: ready.url,
    signInLink: ready.signInLink,
    process: child,
    readyAfter: performance.now() - started,
    log: () => log,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** Puts the real model into a home under the name `smollm2:135m`, without any network. */
export async function withRealModel(home: Home): Promise<void> {
  const words = ['pull', `file:${await realModelPath()}`, '--name', 'smollm2:135m', '--accept-license']
  await prepareModels(home.path, async () => {
    const { code, stderr } = await elpis(home, words)
    if (code !== 0) throw new Error(`elpis pull: ${stderr}`)
  })
}

/** A new key of this home: through the door of its running server, which is what the command does, or by the command. */
export async function createKey(home: Home, name = 'test'): Promise<{ id: string; key: string }> {
  const server = await connectControl(home.path)
  if (server !== null) {
    try {
      return await server.createKey(name)
    } finally {
      await server.close()
    }
  }
  const { stdout, stderr, code } = await elpis(home, ['keys', 'create', '--name', name, '--json'])
  if (code !== 0) throw new Error(`elpis keys create: ${stderr}`)
  return JSON.parse(stdout) as { id: string; key: string }
}
