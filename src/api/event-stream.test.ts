import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openEventStream } from './event-stream.ts'
import { serverSentEvent } from './framing.ts'

/** A response on a real connection, and the client's end of it. */
async function connection() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  return {
    client,
    response,
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

const long = 'x'.repeat(1_000_000)

describe('an event stream', () => {
  test('writes events as the standard has them', async () => {
    await using given = await connection()
    const events = openEventStream(given.response, { 'x-request-id': 'req_1' })
    await events.write(serverSentEvent('one'))
    await events.write(serverSentEvent('two', 'error'))
    events.end()
    let seen = ''
    for await (const chunk of given.client) {
      seen += String(chunk)
      if (seen.endsWith('0\r\n\r\n')) break
    }
    expect(seen).toContain('x-request-id: req_1')
    expect(seen).toContain('data: one\n\n')
    expect(seen).toContain('event: error\ndata: two\n\n')
  })

  test('hangs up on a reader that takes nothing', async () => {
    await using given = await connection()
    const events = openEventStream(given.response, {}, 50)
    const outcomes: boolean[] = []
    for (let round = 0; round < 50 && outcomes.at(-1) !== false; round++) {
      outcomes.push(await events.write(serverSentEvent(long)))
    }
    expect(outcomes.at(-1)).toBe(false)
    expect(given.response.destroyed).toBe(true)
    expect(await events.write(serverSentEvent('more'))).toBe(false)
  })

  test('stops waiting when the reader leaves', async () => {
    await using given = await connection()
    const events = openEventStream(given.response, {})
    let room = true
    const filling = (async () => {
      while (room) room = await events.write(serverSentEvent(long))
    })()
    given.client.destroy()
    await filling
    expect(room).toBe(false)
  })
})
