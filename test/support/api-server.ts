/** The HTTP edge on a free port, in front of a fake engine; access and storage are real, in memory of this test only. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Access } from '../../src/access/access.ts'
import { createAccess } from '../../src/access/create-access.ts'
import { createApi, type ApiParts } from '../../src/api/app.ts'
import { listen } from '../../src/api/listen.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Engine } from '../../src/core/engine.ts'
import type { LogFields } from '../../src/log.ts'
import { openStorage } from '../../src/storage/storage.ts'

export interface ApiServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly key: string
  readonly access: Access
  /** One entry a request, as the server would log it. */
  readonly log: readonly ({ level: string; event: string } & LogFields)[]
  /** Ends running answers with `shutting_down`. */
  readonly shutdown: AbortController
  /** No new requests; resolves when the running ones are done. */
  drain(): Promise<void>
  /** A request with this server's key. */
  fetch(path: string, init?: Init): Promise<Response>
  /** A POST of JSON with this server's key. */
  post(path: string, body: unknown, init?: Init): Promise<Response>
}

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> }

type Changes = Partial<Pick<ApiParts, 'edge' | 'webFolder'>> & {
  readonly limits?: Partial<ApiParts['limits']>
  readonly answerSeconds?: number
}

export async function apiServer(engine: Engine, changes: Changes = {}): Promise<ApiServer> {
  const home = mkdtempSync(join(tmpdir(), 'elpis-api-'))
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  const { key } = await access.createKey('test')
  const shutdown = new AbortController()
  const log: ({ level: string; event: string } & LogFields)[] = []
  const api = await createApi({
    stages: { access, engine, answerSeconds: changes.answerSeconds ?? 60, shutdown: shutdown.signal },
    access,
    engine,
    edge: changes.edge ?? { bind: '127.0.0.1', allowedHosts: [], allowedOrigins: [] },
    limits: { bodyBytes: 1_000_000, headerSeconds: 10, requestSeconds: 60, choices: 8, ...changes.limits },
    webFolder: changes.webFolder ?? join(home, 'no-page'),
    version: '0.0.0-test',
    log: (level, event, fields) => void log.push({ level, event, ...fields }),
    now: Date.now,
  })
  const listening = await listen(() => api.server(), '127.0.0.1', 0)
  const url = `http://localhost:${listening.port}`
  const server: ApiServer = {
    url,
    port: listening.port,
    key,
    access,
    log,
    shutdown,
    async drain() {
      api.stop()
      await api.idle()
    },
    fetch: (path, init = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } }),
    post: (path, body, init = {}) =>
      server.fetch(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers },
      }),
    async [Symbol.asyncDispose]() {
      listening.refuseNew()
      listening.hangUp()
      await access.close()
      await storage.close()
      await rm(home, { recursive: true, force: true })
    },
  }
  return server
}
