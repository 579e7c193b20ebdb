/** The servers that are measured, each started at its best settings and stopped by its own process id. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/support/free-port.ts'
import { treeMemory } from '../test/support/process-tree.ts'
import { load, type LoadFigures, type Target } from './load.ts'

export interface Contender {
  readonly name: string
  /** How it was started, for the record. */
  readonly command: string
  /** Where it listens; null when it speaks no HTTP. */
  readonly target: Target | null
  /** One round: so many answers of so many tokens at once. */
  round(streams: number, tokens: number): Promise<LoadFigures>
  /** Resident memory of the whole process tree in bytes. */
  memory(): number
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param changes settings of the environment besides, which its name tells */
export async function elpis(
  home: string,
  key: string,
  modelName: string,
  changes: NodeJS.ProcessEnv = {},
  name = 'elpis',
): Promise<Contender> {
  const port = await freePort()
  const command = ['bin/elpis.js', 'serve', '--port', String(port)]
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...changes, ELPIS_HOME: home, ELPIS_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await ready(child, `${url}/ready`)
  const settings = Object.entries(changes).map(([variable, value]) => `${variable}=${value} `)
  const said = `${settings.join('')}elpis ${command.slice(1).join(' ')}`
  return httpContender(name, said, child, { url, key, model: modelName })
}

/** `llama-server` of llama.cpp with the same kernels; flags as measured best on a small machine. */
export async function llamaServer(binary: string, model: string): Promise<Contender> {
  const port = await freePort()
  const flags = `-t 2 --poll 0 -np 16 -c 32768 -kvu --no-webui --port ${port}`.split(' ')
  const child = spawn(binary, ['-m', model, ...flags], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await ready(child, `${url}/health`)
  return httpContender('llama-server', `llama-server ${flags.slice(0, -2).join(' ')}`, child, {
    url,
    key: 'none',
    model: 'any',
  })
}

/** `llama-server` as a router over the models of a folder, one of them loaded at a time. Names are those of the files. */
export async function llamaRouter(binary: string, folder: string, modelName: string): Promise<Contender> {
  const port = await freePort()
  const flags = `--models-max 1 -t 2 --poll 0 -np 16 -c 32768 -kvu --no-webui --port ${port}`.split(' ')
  const child = spawn(binary, ['--models-dir', folder, ...flags], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await ready(child, `${url}/health`)
  const target = { url, key: 'none', model: modelName }
  return httpContender('llama-server', `llama-server ${flags.slice(0, -2).join(' ')}`, child, target)
}

/** node-llama-cpp with its own evaluate loop, in a process of its own, without HTTP. */
export async function nodeLlamaCpp(model: string): Promise<Contender> {
  const child = spawn(process.execPath, [join(root, 'bench/peers/node-llama-cpp.js'), model], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await message(child)
  return {
    name: 'node-llama-cpp',
    target: null,
    command: 'node-llama-cpp, LlamaContext with 16 sequences, evaluate() in parallel',
    async round(streams, tokens) {
      child.send({ streams, tokens })
      const answer = (await message(child)) as LoadFigures | { readonly failed: string }
      if ('failed' in answer) throw new Error(`node-llama-cpp: ${answer.failed}`)
      return answer
    },
    memory: () => treeMemory(child.pid ?? 0),
    stop: () => stop(child),
  }
}

function httpContender(name: string, command: string, child: ChildProcess, target: Target): Contender {
  return {
    name,
    command,
    target,
    round: (streams, tokens) => load(target, streams, tokens),
    memory: () => treeMemory(child.pid ?? 0),
    stop: () => stop(child),
  }
}

/** A process that keeps one core busy until it is stopped. */
export function busyNeighbour(): () => Promise<void> {
  const child = spawn(
    process.execPath,
    ['-e', 'const end = Date.now() + 600_000; while (Date.now() < end) Math.random()'],
    { stdio: 'ignore' },
  )
  return () => stop(child)
}

export async function ready(child: ChildProcess, url: string, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`It ended with exit code ${child.exitCode} before it was ready.`)
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} was not ready within ${seconds} s.`)
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`It ended with exit code ${code}.`)))
  })
}

export function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref()
  })
}
