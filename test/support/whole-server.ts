import { join } from 'node:path'
import { loadConfig, type Config } from '../../src/config.ts'
import { startServer, type RunningServer, type ServerParts } from '../../src/server.ts'
import { fakeEngine } from './fake-engine.ts'

/** The configuration of a server on a free port that serves no weights. */
export function wholeConfig(home: string, settings: Readonly<Record<string, string>> = {}): Config {
  const loaded = loadConfig({ ELPIS_HOME: home, ELPIS_PORT: '0', ...settings })
  return { ...loaded, models: { ...loaded.models, serve: [] } }
}

/** A whole server in this process, with an engine that talks without a model; `ready` is for the test to await. */
export async function startWholeServer(
  config: Config,
  parts: Partial<ServerParts> = {},
): Promise<RunningServer> {
  return await startServer(config, {
    log: () => {},
    version: '0.0.0-test',
    webFolder: join(config.home, 'no-page'),
    onPull: () => {},
    acceptLicence: async () => false,
    openEngine: () => fakeEngine(),
    ...parts,
  })
}
