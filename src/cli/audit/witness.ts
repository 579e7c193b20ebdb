import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openKeyFile } from '../../audit/home-keys.ts'
import { cosignatureV1, formatVerifierKey } from '../../audit/note.ts'
import { fileMemory } from '../../audit/witness-memory.ts'
import { addCheckpoint } from '../../audit/witness.ts'
import { elpisError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { keyOf } from './keys-of.ts'

const mostBytes = 16_384

export const witness = defineCommand({
  name: 'witness',
  summary: "Watch others' logs: sign their checkpoints for as long as they only grow.",
  details:
    'Speaks c2sp.org/tlog-witness. Whoever runs the log adds the line that is printed to audit.witnesses. Runs until it is interrupted; its key and what it signed lie in a folder of its own.',
  examples: [
    'elpis audit witness --log friend.pub',
    'elpis audit witness --log a.pub --log b.pub --port 4142',
  ],
  options: {
    log: {
      type: 'string',
      value: 'KEY|FILE',
      multiple: true,
      description: 'The public key of a log to watch, or a file that holds it. May be given several times.',
    },
    port: {
      type: 'string',
      value: 'PORT',
      description: 'Port to listen on, on this machine only; 0 takes a free one (default 4142).',
    },
    name: {
      type: 'string',
      value: 'NAME',
      description: 'What the witness calls itself when its key is made.',
    },
  },
  async run({ options, config, json, signal, terminal }) {
    const logs = await Promise.all((options.log ?? []).map(keyOf))
    const port = Number(options.port ?? 4142)
    if (logs.length === 0 || !Number.isInteger(port) || port < 0 || port > 65_535) {
      throw elpisError('usage', {
        problem: logs.length === 0 ? '--log is missing.' : '--port is no port.',
        suggestion: '`elpis audit witness --log friend.pub --port 4142`',
      })
    }
    const folder = join(config().home, 'witness')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const key = openKeyFile(join(folder, 'witness.key'), cosignatureV1, options.name ?? '')
    const memory = fileMemory(join(folder, 'signed.json'))
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (incoming, response) => {
      if (incoming.method !== 'POST' || incoming.url !== '/add-checkpoint') {
        response.writeHead(404).end()
        return
      }
      const pieces: Buffer[] = []
      let bytes = 0
      incoming.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > mostBytes) incoming.destroy()
        else pieces.push(piece)
      })
      incoming.on('error', () => {})
      incoming.on('end', () => {
        const answer = addCheckpoint(Buffer.concat(pieces).toString(), { key, logs, memory, now: Date.now })
        response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
      })
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    const line = `${url} ${formatVerifierKey(key)}`
    terminal.print(json ? JSON.stringify({ url, key: formatVerifierKey(key) }) : line)
    terminal.note('Watching. Put the line above into audit.witnesses of the log.')
    if (!signal.aborted) await once(signal, 'abort')
    server.closeAllConnections()
    server.close()
  },
})
