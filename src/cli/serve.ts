import type { Config } from '../config.ts'
import { createLog } from '../log.ts'
import type { RunningServer, ServerParts } from '../server.ts'
import { defineCommand, type Terminal } from './command.ts'
import { ProgressBar } from './progress-bar.ts'
import { standardError, teller } from './pull.ts'
import { version } from './version.ts'
import { buildWebPageWhenStale } from './web-page-build.ts'

const lingerMilliseconds = 2000

export const serve = defineCommand({
  name: 'serve',
  summary: 'Serve models over the API and the chat page. Stays in the foreground.',
  details: [
    'Pulls a model that is not here yet. Ctrl-C lets running answers end first; a second one does not wait.',
    'With --json every line of standard output is one event: listening, ready, stopped.',
  ].join('\n'),
  examples: ['elpis serve', 'elpis serve --model qwen3:4b --port 8080', 'elpis serve --host 0.0.0.0'],
  options: {
    model: {
      type: 'string',
      short: 'm',
      value: 'NAME',
      multiple: true,
      description: 'A model to load, as `elpis pull` names it.',
      setting: 'models.serve',
    },
    host: { type: 'string', value: 'ADDRESS', description: 'Address to bind.', setting: 'server.host' },
    port: {
      type: 'string',
      short: 'p',
      value: 'PORT',
      description: 'Port; 0 takes a free one.',
      setting: 'server.port',
    },
    context: {
      type: 'string',
      value: 'TOKENS',
      description: 'Most tokens of a prompt and its answer.',
      setting: 'engine.context',
    },
    draft: {
      type: 'string',
      value: 'MODEL=DRAFT',
      multiple: true,
      description: 'A smaller model with the same vocabulary that proposes tokens for one that is served.',
      setting: 'models.draft',
    },
    attention: {
      type: 'string',
      value: 'MODE',
      description: 'exact (texts do not depend on neighbours) or fast (long prompts are read sooner).',
      setting: 'engine.attention',
    },
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      description: 'silent, error, warn, info or debug.',
      setting: 'log.level',
    },
    'accept-license': { type: 'boolean', description: 'Accept the licences of models that are pulled.' },
  },
  async run({ options, config, json, signal, hurry, terminal }) {
    const started = performance.now()
    const settings = config()
    const log = createLog({
      level: settings.log.level,
      pretty: process.stderr.isTTY,
      write: (line) => void process.stderr.write(line),
    })
    const display = json ? null : new ProgressBar(standardError(terminal))
    const tell = display === null ? () => {} : teller(display)
    const say = (event: object) => json && terminal.print(JSON.stringify(event))
    const note = (text: string) => json || terminal.note(text)
    const parts: ServerParts = {
      log,
      version,
      webFolder: buildWebPageWhenStale(note),
      onPull: tell,
      acceptLicence: async () => options['accept-license'] === true,
    }

    // Loaded late: no other command needs all of it.
    const { startServer } = await import('../server.ts')
    const server = await startServer(settings, parts)
    say({ event: 'listening', url: server.url, policy: server.policy })
    if (!json) terminal.print(opening(server, settings, terminal))
    try {
      await Promise.race([server.ready, aborted(signal)])
      display?.clear()
      if (!signal.aborted) await announce(server, started, json, terminal)
      await aborted(signal)
      note('Stopping: running answers may end first. Ctrl-C again ends them now.')
    } finally {
      display?.clear()
      await server.close(hurry())
    }
    say({ event: 'stopped' })
    // All is closed. Should anything be left that keeps the process, nobody has to wait for it.
    setTimeout(() => process.exit(), lingerMilliseconds).unref()
  },
})

async function announce(
  server: RunningServer,
  started: number,
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const signInLink = await server.signInLink()
  const seconds = (performance.now() - started) / 1000
  const models = server.models()
  if (json) {
    const names = models.map(({ id }) => id)
    terminal.print(
      JSON.stringify({
        event: 'ready',
        url: server.url,
        signInLink,
        models: names,
        policy: server.policy,
        seconds,
      }),
    )
    return
  }
  const width = Math.max(...models.map(({ id }) => id.length))
  const list = models.map(
    ({ id, contextTokens, licence, abilities }) =>
      `${id.padEnd(width)}  ${contextTokens} tokens of context, ${licence ?? 'no licence stated'}` +
      (abilities.includes('generate') ? '' : `, to ${abilities.join(' and ')} only`),
  )
  terminal.print(
    [
      `  Models   ${list.join('\n           ')}`,
      `  Chat     ${signInLink}`,
      '           This link signs you in, once, within 15 minutes. `elpis keys link` makes another.',
      '',
      `Ready after ${seconds.toFixed(1)} s. Ctrl-C stops.`,
    ].join('\n'),
  )
}

function opening({ url, policy }: RunningServer, { models, upstreams }: Config, terminal: Terminal): string {
  const rule = terminal.interactive ? '─'.repeat(Math.min(terminal.columns, 60)) : ''
  return [
    `Elpis ${version}`,
    rule,
    `  API      ${url}/v1`,
    '  Keys     `elpis keys create --name NAME` makes one',
    `  Policy   ${policy === 'open' ? 'open: no guard judges what is asked or answered' : policy}`,
    ...(models.serve.length === 0 && Object.keys(upstreams).length === 0
      ? ['  Models   none (models.serve is empty)']
      : []),
  ].join('\n')
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
