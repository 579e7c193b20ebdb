/**
 * The composition root: the only place that builds and wires everything. Order: storage, access, the home's lock and
 * control door; then the port, while weights and engine are made ready beside it.
 */
import { mkdir } from 'node:fs/promises'
import { signInUrl } from './access/access.ts'
import { createAccess, type AccessParts } from './access/create-access.ts'
import { accessControlRoutes } from './api/access/routes.ts'
import { exportControlRoutes } from './api/log/export-control.ts'
import { createApi } from './api/app.ts'
import { startControl } from './api/control/server.ts'
import { isLoopback, listen, originOf } from './api/listen.ts'
import { monitoringControlRoutes } from './api/monitoring/routes.ts'
import { signInControlRoutes } from './api/sign-in/control-routes.ts'
import { standingControlRoutes } from './api/standing/control-routes.ts'
import type { Config } from './config.ts'
import { systemClock } from './core/clock.ts'
import type { Engine } from './core/engine.ts'
import { costOf as costAt, priceOf } from './core/price.ts'
import { asElpisError, elpisError } from './errors.ts'
import { openKept, type Kept, type KeptParts } from './kept/kept.ts'
import type { KeptStores } from './kept/store.ts'
import type { Log } from './log.ts'
import { openServerAudit } from './server/open-audit.ts'
import { openAdapterShelf, type StoredAdapters } from './server/adapter-shelf.ts'
import { engineToCome } from './server/engine-to-come.ts'
import { openEngine } from './server/open-engine.ts'
import { openGuard } from './server/open-guard.ts'
import { egressStanding } from './server/egress-standing.ts'
import { openMonitoring, type Monitoring } from './server/open-monitoring.ts'
import { openSignIn } from './server/open-sign-in.ts'
import { openStanding } from './server/open-standing.ts'
import { openWebhooks } from './server/open-webhooks.ts'
import { draftOf, prepareModel, type Preparing, type PreparedModel } from './server/prepare-model.ts'
import {
  recordedLicence,
  recordTexts,
  recordPolicy,
  recordSettings,
  ServedRecord,
  withAdapters,
} from './server/recorded-acts.ts'
import { recordStage } from './server/record-stage.ts'
import { timedStorage, type StorageTiming } from './server/timed-storage.ts'
import { untilReady } from './server/until-ready.ts'
import { documentsToAccept, recordedLicenceOf, type RecordedLicence } from './server/to-accept.ts'
import { watchedGuard } from './server/watched-guard.ts'
import { openStorage } from './storage/storage.ts'
import { openAdapterStore } from './weights/adapter-store.ts'
import { bytesOf } from './weights/manifest.ts'
import { openStore } from './weights/store.ts'

export interface ServerParts {
  readonly log: Log
  readonly version: string
  /** Folder of the chat page; a promise while that is being built. */
  readonly webFolder: string | Promise<string>
  readonly onPull: Preparing['onPull']
  readonly acceptLicence: Preparing['acceptLicence']
  /** Another engine than the embedded one, for tests of what stands before it. */
  readonly openEngine?: typeof openEngine
}

export interface RunningServer {
  /** Such as `http://localhost:4141`. */
  readonly url: string
  /** A link that signs the owner's browser in, once. */
  signInLink(): Promise<string>
  /** Resolves when every model can answer; rejects with what stands in the way. */
  readonly ready: Promise<void>
  readonly models: Engine['models']
  /** Of the guard, as `name@version`; `open` while nothing is judged. */
  readonly policy: string
  /**
   * Refuses what is new, lets running answers end for `limits.drain_seconds`, then ends them with `shutting_down`.
   *
   * @param hurry aborted when they shall end now
   */
  close(hurry?: AbortSignal): Promise<void>
}

/** How long clients get to take the last words of answers that were cut. */
const lastWordsMilliseconds = 2000

/**
 * Starts a server. It listens when this resolves; `ready` says when its models answer.
 *
 * @throws `public_bind_without_keys`, `port_in_use`, `bind_failed`, `home_in_use`, what storage throws
 */
export async function startServer(config: Config, parts: ServerParts): Promise<RunningServer> {
  const { server, limits, home } = config
  const { version } = parts
  const startedAt = systemClock.now()
  await using undo = new AsyncDisposableStack()
  await mkdir(home, { recursive: true, mode: 0o700 })
  const opened = undo.adopt(await openStorage(config), (it) => it.close())
  let timing: StorageTiming | null = null
  const storage = timedStorage(opened, () => timing)
  const engine = engineToCome(config.models.serve)
  const models = () => engine.models()
  let kept: Kept | null = null
  const sweepKept = async () => await kept?.sweep()
  const costOf: AccessParts['costOf'] = (model, tokens) => costAt(priceOf(config.usage.prices, model), tokens)
  const licences = new Map<string, RecordedLicence>()
  const audit = undo.adopt(
    await openServerAudit(config, {
      stores: storage,
      models,
      policy: () => guard.policy,
      guard: () => guard.makeup,
      log: parts.log,
    }),
    (it) => it.close(),
  )
  const access = undo.adopt(
    await createAccess({
      store: storage,
      clock: systemClock,
      models,
      costOf,
      demands: documentsToAccept(config.access, models, (model) => licences.get(model)),
      needsEndUser: ({ id, name }) =>
        config.access.require_end_user ||
        config.access.require_end_user_of.some((one) => one === id || one === name),
      acts: audit.acts,
      afterRemoval: () => sweepKept().catch(keptTrouble(parts.log)),
    }),
    (it) => it.close(),
  )
  if (!isLoopback(server.host) && !access.hasKeys()) {
    throw elpisError('public_bind_without_keys', { host: server.host })
  }
  const monitoring: Monitoring = undo.adopt(
    await openMonitoring({
      config,
      storage,
      engine,
      policy: (): string => guard.policy,
      acts: audit.acts,
      evidence: audit.receipts,
      version,
      clock: systemClock,
      log: parts.log,
    }),
    (it) => it.close(),
  )
  timing = monitoring.storageTiming
  const { log, acts } = monitoring
  const ladder = undo.adopt(
    await openStanding(config, { store: storage, access, told: true, audit, acts, sweepKept, log }),
    (it) => it.close(),
  )
  undo.adopt(openWebhooks(config, storage.webhooks, log), (it) => it.close())
  const standing = egressStanding(ladder, monitoring.egress)
  const guard = undo.adopt(
    await openGuard(config, {
      log,
      acts,
      onSignal: (signal) => standing.signal(signal),
      onUnavailable: monitoring.guardFailed,
      verdicts: storage.verdicts,
      engine,
    }),
    (it) => it.close(),
  )
  let url: string | null = null
  const { signIn, accounts } = openSignIn(config, { store: storage.signIn, access, acts, address: () => url })
  const status = () => {
    const models = engine.status().map(({ model, state }) => ({ model, state: state.state }))
    return { pid: process.pid, version, address: url, startedAt, models }
  }
  let adapters: StoredAdapters | null = null
  const served = new ServedRecord(acts)
  let noteAdapterLicences = async (): Promise<void> => {}
  const refreshAdapters = async () =>
    (await adapters?.reload(async (found) => {
      await noteAdapterLicences()
      await served.note(withAdapters(engine.models(), found))
    })) ?? []
  const more = [
    standingControlRoutes({ standing, access, log }),
    accessControlRoutes({ access, log }),
    signInControlRoutes({ signIn, log }),
    exportControlRoutes({ audit, standing }, access),
    monitoringControlRoutes(monitoring.door.desk, monitoring.monitor.live),
  ]
  undo.adopt(await startControl({ home, access, status, refreshAdapters, log, more }), (it) => it.close())

  await audit.start()
  await recordSettings(acts, config)
  for (const policy of guard.shelf.inForce) await recordPolicy(acts, policy, 'start')

  const shutdown = new AbortController()
  const preparing = new AbortController()
  undo.adopt(engine, (it) => it.close())
  // Beside all that follows: loading takes longest.
  const ready = loadModels().catch((error: unknown) => {
    throw asElpisError(error)
  })
  // Whoever starts a server awaits it; until then a failure must not end the process.
  ready.catch(() => {})
  undo.defer(async () => {
    preparing.abort()
    await ready.catch(() => {})
  })
  kept = undo.adopt(await openKept(keptParts(config, storage, log)), (it) => it.close())
  const api = await createApi({
    stages: {
      access,
      standing,
      guard: watchedGuard(guard, monitoring.held),
      record: recordStage(audit.record, monitoring.watchers),
      engine,
      answerSeconds: limits.answer_seconds,
      weights: limits.weights,
      shutdown: shutdown.signal,
    },
    access,
    signIn,
    accounts,
    standing,
    engine,
    kept,
    overview: guard.overview,
    guardTroubles: guard.troubles,
    monitoring: monitoring.door,
    audit,
    edge: {
      bind: server.host,
      allowedHosts: server.allowed_hosts,
      allowedOrigins: server.allowed_origins,
      trustedProxies: server.trusted_proxies,
    },
    limits: {
      bodyBytes: limits.body_bytes,
      headerSeconds: limits.header_seconds,
      requestSeconds: limits.request_seconds,
      choices: limits.choices,
    },
    webFolder: await parts.webFolder,
    version,
    log,
    now: () => systemClock.now(),
  })
  await acts.record({ kind: 'server-started', by: 'server', about: null, details: { version } })
  const listening = undo.adopt(await listen(() => api.server(), server.host, server.port), (it) => {
    it.refuseNew()
    it.hangUp()
  })
  url = originOf(server.host, listening.port)
  const origin = url
  const running = undo.move()

  return {
    url: origin,
    ready,
    models: () => engine.models(),
    policy: guard.policy,
    signInLink: async () => signInUrl(origin, (await access.createSignInLink()).token),
    async close(hurry) {
      log('info', 'stopping', { drain_seconds: limits.drain_seconds })
      preparing.abort()
      api.stop()
      monitoring.monitor.close()
      listening.refuseNew()
      await firstOf(api.idle(), limits.drain_seconds * 1000, hurry)
      shutdown.abort(elpisError('shutting_down'))
      await firstOf(api.idle(), lastWordsMilliseconds)
      await acts.record({ kind: 'server-stopped', by: 'server', about: null, details: {} }).catch(() => {})
      await running.disposeAsync()
      log('info', 'stopped')
    },
  }

  async function loadModels(): Promise<void> {
    const store = openStore(config.modelsFolder)
    const prepared: PreparedModel[] = []
    const prepare = (reference: string, served: string) =>
      prepareModel(reference, {
        store,
        signal: preparing.signal,
        acceptLicence: recordedLicence(parts.acceptLicence, { acts, model: reference }),
        onFetched: ({ licence }) => recordTexts(acts, reference, licence),
        onPull(event) {
          if (event.type === 'file-progress' && event.total !== null) {
            engine.progress(served, event.received / event.total)
          }
          parts.onPull(event)
        },
      })
    for (const reference of config.models.serve) {
      const model = await prepare(reference, reference)
      const draft = draftOf(model.manifest.name, config.models.draft)
      prepared.push(draft === null ? model : { ...model, draft: await prepare(draft, reference) })
    }
    for (const { manifest } of prepared)
      licences.set(manifest.name, await recordedLicenceOf(manifest.licence, store))
    const files = prepared.flatMap(({ draft, ...model }) => (draft === undefined ? [model] : [model, draft]))
    monitoring.egress.watch(files.map(({ manifest }) => bytesOf(manifest)))
    const adapterStore = openAdapterStore(store.folder)
    noteAdapterLicences = async () => {
      for (const { manifest } of prepared)
        for (const { name, licence } of await adapterStore.list(manifest.digest))
          if (licence !== null)
            licences.set(`${manifest.name}+${name}`, await recordedLicenceOf(licence, store))
    }
    await noteAdapterLicences()
    adapters = await openAdapterShelf(prepared, adapterStore, log)
    const opened = (parts.openEngine ?? openEngine)(prepared, config, log, adapters)
    await served.note(opened.models()).catch(async (error: unknown) => {
      await opened.close()
      throw error
    })
    engine.arrive(opened)
    await untilReady(opened, preparing.signal)
  }
}

function keptParts({ home, limits }: Config, stores: KeptStores, log: Log): KeptParts {
  return {
    home,
    stores,
    clock: systemClock,
    responses: {
      days: limits.response_days,
      bytesPerAccount: limits.response_bytes,
      chainBytes: limits.body_bytes,
    },
    files: { mostBytes: limits.file_bytes, allBytes: limits.files_bytes },
    batches: {
      parallel: limits.batch_parallel,
      mostLineBytes: limits.body_bytes,
      onOver: ({ id, status, counts }) => log('info', 'batch', { id, status, ...counts }),
      onTrouble: (batch, error) => log('error', 'batch-hindered', { batch, code: asElpisError(error).code }),
    },
    onTrouble: keptTrouble(log),
  }
}

function keptTrouble(log: Log): (error: unknown) => void {
  return (error) => log('error', 'kept-not-swept', { code: asElpisError(error).code })
}

/** Waits for `done`, but no longer than this, and not once in a hurry. */
async function firstOf(done: Promise<void>, milliseconds: number, hurry?: AbortSignal): Promise<void> {
  if (hurry?.aborted === true) return
  let timer: NodeJS.Timeout | undefined
  let rush: (() => void) | undefined
  await Promise.race([
    done,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds)
      rush = resolve
      hurry?.addEventListener('abort', resolve as () => void, { once: true })
    }),
  ])
  clearTimeout(timer)
  if (rush !== undefined) hurry?.removeEventListener('abort', rush)
}
