/**
 * One server for a long time under everything that people do to it: whole answers, streams, clients that leave, requests
 * that are wrong. Two minutes; `SOAK_MINUTES=60` for the long run.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realServer, type RealServer } from './support/real-server.ts'
import { processTree, treeMemory } from './support/process-tree.ts'
import { streamAnswer } from './support/stream-answer.ts'

const minutes = Number(process.env['SOAK_MINUTES'] ?? 2)
const people = 6
const mebibyte = 2 ** 20

let given: RealServer
let server: RealServer['server']
let key: RealServer['key']

beforeAll(async () => {
  // Little room for conversations that ended, so that it is full long before the end.
  const environment = { ELPIS_ENGINE_PREFIX_MEMORY: '16' }
  given = await realServer(['--log-level', 'warn'], { environment })
  ;({ server, key } = given)
})
afterAll(async () => {
  await given[Symbol.asyncDispose]()
})

/** One person's next act; what it is follows from `turn`. @throws when it does not end as it must. */
async function act(person: number, turn: number): Promise<void> {
  const question = `Person ${person} asks, for the ${turn}th time: what is new?`
  const messages = [{ role: 'user', content: question }]
  const leaves = turn % 4 === 1
  const [parameters, wanted] = [
    [{ messages, max_tokens: 24, ignore_eos: true }, null],
    [{ messages, max_tokens: 200, ignore_eos: true }, null],
    [{ messages, max_tokens: 8, n: 2, temperature: 1 }, null],
    [{ messages: 'none' }, 'invalid_request'],
  ][turn % 4] as [Record<string, unknown>, string | null]
  const answer = streamAnswer(server.url, key, parameters)
  if (leaves) {
    await answer.firstText
    answer.leave()
    await answer.ended.catch(() => {})
    return
  }
  const { error } = await answer.ended
  if (error !== wanted) throw new Error(`turn ${turn} ended with ${error}, not ${wanted}`)
}

async function load(): Promise<{ active: number; queued: number }> {
  const response = await fetch(`${server.url}/health`, { headers: { authorization: `Bearer ${key}` } })
  const { models } = (await response.json()) as { models: { active: number; queued: number }[] }
  return models[0] ?? { active: -1, queued: -1 }
}

describe('a server under load for a long time', () => {
  test.runIf(process.platform === 'linux')(
    `keeps its memory, its sequences and its processes (${minutes} minutes)`,
    { timeout: minutes * 60_000 + 60_000 },
    async () => {
      const pid = server.process.pid ?? 0
      const end = performance.now() + minutes * 60_000
      const samples: number[] = []
      const acts = Array.from({ length: people }, () => 0)
      const processes = processTree(pid).length
      const sampler = setInterval(() => samples.push(treeMemory(pid)), minutes * 500)
      await Promise.all(
        acts.map(async (_, person) => {
          while (performance.now() < end) await act(person, acts[person]!++)
        }),
      )
      clearInterval(sampler)
      await expect.poll(load, { timeout: 10_000 }).toMatchObject({ active: 0, queued: 0 })
      expect(processTree(pid).length).toBe(processes)
      expect(Math.min(...acts)).toBeGreaterThan(minutes * 5)

      // The first third fills caches; from then on memory is flat.
      const third = Math.floor(samples.length / 3)
      const before = median(samples.slice(third, 2 * third))
      const after = median(samples.slice(2 * third))
      console.log(
        `${acts.reduce((sum, count) => sum + count, 0)} acts; memory ${Math.round(before / mebibyte)} MiB, at the end ${Math.round(after / mebibyte)} MiB`,
      )
      expect(after - before).toBeLessThan(24 * mebibyte)
    },
  )
})

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}
