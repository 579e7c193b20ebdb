/** The two commands of the README, on whatever Node this machine has. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createKey, elpis, freshHome, root, withRealModel, type Home } from './support/elpis.ts'
import { engineProcesses } from './support/engine-processes.ts'
import { streamAnswer } from './support/stream-answer.ts'

let home: Home
beforeAll(async () => {
  home = freshHome()
  await withRealModel(home)
})
/** Servers that a failed test left running. */
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
  }
})
afterAll(() => home[Symbol.asyncDispose]())

interface Started {
  readonly child: ChildProcess
  readonly url: string
  readonly exit: Promise<number | null>
}

/** `npm start` in a process group of its own, as a terminal starts it; once it is ready. */
async function npmStart(): Promise<Started> {
  const child = spawn('npm', ['start', '--silent', '--', '--json', '--port', '0'], {
    cwd: root,
    env: home.environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  started.push(child)
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { event: string; url: string }
    if (event.event === 'ready') return { child, url: event.url, exit }
  }
  throw new Error(`npm start ended with ${await exit} before it was ready.`)
}

describe('npm start', () => {
  test('stays in the foreground and ends on SIGTERM, leaving nothing behind', async () => {
    const { child, url, exit } = await npmStart()
    expect((await fetch(`${url}/health`)).status).toBe(200)
    child.kill('SIGTERM')
    await exit
    await expect.poll(() => fetch(`${url}/health`).catch(() => 'gone')).toBe('gone')
    const { stdout } = spawnSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
    expect(stdout).not.toContain(home.path)
  })

  // npm passes the terminal's signal on, so the server gets two of them at nearly the same moment.
  test('lets a running answer finish when Ctrl-C reaches the whole group', async () => {
    const { child, url, exit } = await npmStart()
    const { key } = await createKey(home)
    const answer = streamAnswer(url, key, { max_tokens: 60, ignore_eos: true })
    await answer.firstText
    process.kill(-(child.pid ?? 0), 'SIGINT')
    expect(await answer.ended).toMatchObject({ error: null })
    await exit
  })

  test('answers in mid-stream that the engine was killed, and is back', async () => {
    const { child, url, exit } = await npmStart()
    const { key } = await createKey(home)
    const answer = streamAnswer(url, key, { max_tokens: 2000, ignore_eos: true })
    await answer.firstText
    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,pgid='], { encoding: 'utf8' })
    const group = stdout.split('\n').map((line) => line.trim().split(/\s+/u).map(Number))
    const engines = group.filter(([, own]) => own === child.pid).flatMap(([pid]) => engineProcesses(pid))
    expect(engines).toHaveLength(1)
    process.kill(engines[0] ?? 0, 'SIGKILL')
    expect(await answer.ended).toMatchObject({ error: 'engine_failed' })
    await expect.poll(async () => (await fetch(`${url}/ready`)).status, { timeout: 20_000 }).toBe(200)
    expect(await streamAnswer(url, key, { max_tokens: 4 }).ended).toMatchObject({ error: null })
    child.kill('SIGTERM')
    await exit
  })
})

describe('the bin', () => {
  test('hands over to the pinned Node, whatever Node starts it', async () => {
    const started = spawnSync('node', [join(root, 'bin/elpis.js'), 'doctor', '--json'], {
      env: home.environment,
      encoding: 'utf8',
    })
    expect(started.stdout).toMatch(/26\.\d+\.\d+/u)
    // Exit codes come through as well.
    expect(
      spawnSync('node', [join(root, 'bin/elpis.js'), 'nonsense'], { env: home.environment }).status,
    ).toBe(2)
  })

  test('refuses to open a fresh home to others before it has a key, and says how to mend it', async () => {
    await using fresh = freshHome()
    const { code, stderr } = await elpis(fresh, ['serve', '--host', '0.0.0.0', '--port', '0'])
    expect(code).toBe(4)
    expect(stderr).toContain('elpis keys create')
  })
})
