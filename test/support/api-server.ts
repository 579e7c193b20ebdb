/** The HTTP edge on a free port, in front of a fake engine; access and storage are real, in memory of this test only. */
import { openGuard } from '../../src/pipeline/open-stages.ts'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Access } from '../../src/access/access.ts'
import { createAccess, type AccessParts } from '../../src/access/create-access.ts'
import { OwnAccounts } from '../../src/access/sign-in/own-account.ts'
import { createSignIn } from '../../src/access/sign-in/person-sign-in.ts'
import type { ProviderSettings } from '../../src/access/sign-in/provider.ts'
import type { SignIn } from '../../src/access/sign-in/sign-in.ts'
import { createApi, type ApiParts } from '../../src/api/app.ts'
import { listen } from '../../src/api/listen.ts'
import { noActs, type Acts } from '../../src/core/acts.ts'
import type { Audit, AuditParts } from '../../src/audit/audit.ts'
import { openHomeKeys } from '../../src/audit/home-keys.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Engine } from '../../src/core/engine.ts'
import type { GuardStage } from '../../src/pipeline/stages.ts'
import { openKept, type KeptParts } from '../../src/kept/kept.ts'
import type { ResponseLimits } from '../../src/kept/responses.ts'
import type { LogFields } from '../../src/log.ts'
import { contentDeeds } from '../../src/server/content-deeds.ts'
import { createStanding, type StandingParts } from '../../src/standing/create-standing.ts'
import { settings } from '../../src/config.ts'
import { policyOf } from '../../src/standing/policy.ts'
import type { Standing } from '../../src/standing/standing.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { fakeEngine, type FakeEngineOptions } from './fake-engine.ts'
import { prepareDatabase } from './prepared-home.ts'
import { startedAudit } from './started-audit.ts'

export interface ApiServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly key: string
  readonly access: Access
  readonly signIn: SignIn
  readonly audit: Audit
  readonly standing: Standing
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
  readonly needsEndUser?: AccessParts['needsEndUser']
  readonly demands?: AccessParts['demands']
  readonly costOf?: AccessParts['costOf']
  readonly limits?: Partial<ApiParts['limits']>
  readonly answerSeconds?: number
  readonly weights?: ApiParts['stages']['weights']
  readonly responses?: Partial<ResponseLimits>
  readonly files?: Partial<KeptParts['files']>
  readonly providers?: Readonly<Record<string, ProviderSettings>>
  /** Lets everything pass when left out. */
  readonly guard?: GuardStage
  /** What judges, as records name it; nobody knows when left out. */
  readonly makeup?: AuditParts['guard']
  /** A home that was there before, and stays; a new one that goes when left out. */
  readonly home?: string
  readonly shutdown?: Partial<StandingParts['shutdown']>
  readonly acts?: Acts
  readonly sources?: StandingParts['sources']
}

export async function apiServer(engine: Engine, changes: Changes = {}): Promise<ApiServer> {
  const home = changes.home ?? mkdtempSync(join(tmpdir(), 'elpis-api-'))
  prepareDatabase(home)
  const storage = await openStorage({ home })
  const access = await createAccess({
    store: storage,
    clock: systemClock,
    models: () => engine.models(),
    ...(changes.costOf === undefined ? {} : { costOf: changes.costOf }),
    ...(changes.demands === undefined ? {} : { demands: changes.demands }),
    ...(changes.needsEndUser === undefined ? {} : { needsEndUser: changes.needsEndUser }),
    afterRemoval: async () => await kept.sweep(),
  })
  const keys = openHomeKeys(home, '')
  const audit = await startedAudit(storage, home, {
    keys,
    policy: () => (changes.guard ?? openGuard).policy,
    ...(changes.makeup === undefined ? {} : { guard: changes.makeup }),
    content: { keep: 'all', days: 30 },
  })
  const standing = await createStanding({
    store: storage,
    clock: systemClock,
    acts: changes.acts ?? noActs,
    policy: policyOf(settings.shape.standing.parse(undefined)),
    shutdown: { restartPeople: 1, twoPeople: false, ...changes.shutdown },
    ...(changes.sources === undefined ? {} : { sources: changes.sources }),
    deeds: contentDeeds(audit.contents, async () => await kept.sweep()),
    domainOf: () => null,
    named: (kind, which) => access.named(kind, which),
    onTrouble(error) {
      throw error
    },
  })
  const { key } = await access.createKey('test')
  let url = ''
  const people = { store: storage.signIn, door: access.door, clock: systemClock, homeKey: keys.wrapping }
  const signIn = createSignIn({ ...people, providers: changes.providers ?? {}, address: () => url })
  const shutdown = new AbortController()
  const log: ({ level: string; event: string } & LogFields)[] = []
  const kept = await openKept({
    home,
    stores: storage,
    clock: systemClock,
    responses: { days: 30, bytesPerAccount: 10_000_000, chainBytes: 1_000_000, ...changes.responses },
    files: { mostBytes: 1_000_000, allBytes: 3_000_000, ...changes.files },
    onTrouble(error) {
      throw error
    },
    batches: {
      parallel: 4,
      mostLineBytes: 100_000,
      onOver: () => {},
      onTrouble: (_batch, error) => {
        throw error
      },
    },
  })
  const api = await createApi({
    stages: {
      access,
      standing,
      guard: changes.guard ?? openGuard,
      record: audit.record,
      engine,
      answerSeconds: changes.answerSeconds ?? 60,
      ...(changes.weights === undefined ? {} : { weights: changes.weights }),
      shutdown: shutdown.signal,
    },
    access,
    signIn,
    accounts: new OwnAccounts(people),
    standing,
    engine,
    kept,
    audit,
    overview: async () => ({ policies: [], verdicts: [] }),
    edge: changes.edge ?? { bind: '127.0.0.1', allowedHosts: [], allowedOrigins: [] },
    limits: { bodyBytes: 1_000_000, headerSeconds: 10, requestSeconds: 60, choices: 8, ...changes.limits },
    webFolder: changes.webFolder ?? join(home, 'no-page'),
    version: '0.0.0-test',
    log: (level, event, fields) => void log.push({ level, event, ...fields }),
    now: Date.now,
  })
  const listening = await listen(() => api.server(), '127.0.0.1', 0)
  url = `http://localhost:${listening.port}`
  const server: ApiServer = {
    url,
    port: listening.port,
    key,
    access,
    signIn,
    audit,
    standing,
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
      await kept.close()
      await audit.close()
      await standing.close()
      await access.close()
      await storage.close()
      if (changes.home === undefined) await rm(home, { recursive: true, force: true })
    },
  }
  return server
}

/** A server whose engine answers after a script; both go together. */
export async function serving(answer?: FakeEngineOptions['answer']) {
  const engine = fakeEngine(answer === undefined ? {} : { answer })
  const server = await apiServer(engine)
  return { engine, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
