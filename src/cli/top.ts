import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl } from '../api/control/client.ts'
import { elpisError } from '../errors.ts'
import type { Moment } from '../monitoring/live.ts'
import { formatBytes } from '../weights/quantity.ts'
import { defineCommand } from './command.ts'
import { table } from './table.ts'

const everyMilliseconds = 1000
/** Alternate screen of the terminal, so that what was on it before comes back. */
const enter = '\u001B[?1049h\u001B[?25l'
const leave = '\u001B[?25h\u001B[?1049l'
const home = '\u001B[H\u001B[J'

export const top = defineCommand({
  name: 'top',
  summary: 'Watch a running server: streams, queue, tokens per second, guard, memory.',
  details: 'Anew each second, until Ctrl-C. With --json one line a second; with --once a single look.',
  examples: ['elpis top', 'elpis top --once', 'elpis top --json | head -3'],
  options: { once: { type: 'boolean', description: 'Look once and end.' } },
  async run({ options, config, json, signal, terminal }) {
    const { home: folder } = config()
    const server = await connectControl(folder)
    if (server === null) throw elpisError('server_not_running', { home: folder })
    const screen = terminal.interactive && !json && options.once !== true
    if (screen) process.stdout.write(enter)
    try {
      while (!signal.aborted) {
        const now = await server.live()
        if (json) terminal.print(JSON.stringify(now))
        else if (screen) process.stdout.write(`${home}${pageOf(now, server.status.version)}\n`)
        else terminal.print(pageOf(now, server.status.version))
        if (options.once === true) break
        await sleep(everyMilliseconds, undefined, { signal }).catch(() => {})
      }
    } finally {
      if (screen) process.stdout.write(leave)
      await server.close()
    }
  },
})

function pageOf(now: Moment, version: string): string {
  const queued = now.models.reduce((sum, { queued: own }) => sum + own, 0)
  const models = now.models.map(({ model, state, active, queued: own, memoryBytes, cells }) => [
    model,
    state,
    String(active),
    String(own),
    memoryBytes === null ? '–' : formatBytes(memoryBytes),
    cells === null ? '–' : `${cells.running}+${cells.kept}`,
  ])
  const streams = now.streams.map(({ id, model, account, seconds, tokens }) => [
    id.slice(0, 12),
    model,
    account,
    `${seconds.toFixed(1)} s`,
    String(tokens),
    seconds > 0 ? (tokens / seconds).toFixed(1) : '–',
  ])
  return [
    `Elpis ${version}   ${new Date(now.at).toISOString().slice(0, 19).replace('T', ' ')}`,
    `running ${now.running}   queued ${queued}   ${now.tokensPerSecond.toFixed(1)} tokens/s   requests ${now.requests}   ` +
      `failed ${now.failed}   guard hits ${now.guardHits}   server ${formatBytes(now.serverMemoryBytes)}`,
    '',
    table([['MODEL', 'STATE', 'ACTIVE', 'QUEUED', 'MEMORY', 'CELLS'], ...models], [2, 3, 4, 5]),
    ...(streams.length === 0
      ? []
      : ['', table([['REQUEST', 'MODEL', 'KEY', 'FOR', 'TOKENS', 'TOKENS/S'], ...streams], [3, 4, 5])]),
    ...(now.running > now.streams.length ? [`… and ${now.running - now.streams.length} more`] : []),
  ].join('\n')
}
