import { settingEntries, type Config } from '../config.ts'
import { defineCommand, type CommandGroup } from './command.ts'

const check = defineCommand({
  name: 'check',
  summary: 'Check elpis.toml and the environment.',
  examples: ['elpis config check'],
  async run({ config, json, terminal }) {
    const { file } = config()
    terminal.print(json ? JSON.stringify({ ok: true, file }) : `${file} and the environment are right.`)
  },
})

const show = defineCommand({
  name: 'show',
  summary: 'Show every setting, its value and where it came from.',
  examples: ['elpis config show', 'ELPIS_PORT=8080 elpis config show --json'],
  async run({ config, json, terminal }) {
    const loaded = config()
    const rows = [...settingEntries(), ...upstreamRows(loaded)].map(({ key, variable, description }) => ({
      key,
      value: valueOf(loaded, key),
      source: loaded.sources.get(key) ?? 'default',
      variable,
      description,
    }))
    if (json) {
      terminal.print(JSON.stringify({ home: loaded.home, file: loaded.file, settings: rows }))
      return
    }
    const keyWidth = Math.max(...rows.map((row) => row.key.length))
    const valueWidth = Math.max(...rows.map((row) => JSON.stringify(row.value).length))
    terminal.print(`# home: ${loaded.home}`)
    for (const { key, value, source } of rows) {
      terminal.print(`${key.padEnd(keyWidth)}  ${JSON.stringify(value).padEnd(valueWidth)}  ${source}`)
    }
  },
})

export const config: CommandGroup = {
  name: 'config',
  summary: 'Check and show the settings.',
  commands: [check, show],
}

/** Upstreams have the names that the operator gave, not those of a schema. */
function upstreamRows({ upstreams }: Config) {
  return Object.keys(upstreams).map((name) => ({
    key: `upstreams.${name}`,
    variable: `ELPIS_UPSTREAMS_${name.toUpperCase()}`,
    description: 'Another server that answers for models here.',
  }))
}

function valueOf(config: Config, key: string): unknown {
  const [section = '', name = ''] = key.split('.')
  const value = (config as unknown as Record<string, Record<string, unknown>>)[section]?.[name]
  return key === 'storage.url' ? withoutPassword(String(value)) : value
}

function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  if (url.searchParams.has('password')) url.searchParams.set('password', '***')
  return url.href
}
