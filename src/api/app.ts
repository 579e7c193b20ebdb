/** The HTTP edge put together: limits, checks, routes, errors. */
import { createServer, type RequestListener, type Server } from 'node:http'
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import { permits } from '../access/permissions.ts'
import type { GuardOverview } from '../guard/verdicts/overview.ts'
import type { OwnAccounts } from '../access/sign-in/own-account.ts'
import type { SignIn } from '../access/sign-in/sign-in.ts'
import type { Engine } from '../core/engine.ts'
import { asElpisError, ElpisError, elpisError } from '../errors.ts'
import type { Kept } from '../kept/kept.ts'
import type { Log } from '../log.ts'
import { briefWork, type BriefStages } from '../pipeline/brief-work.ts'
import { answer } from '../pipeline/pipeline.ts'
import type { Stages } from '../pipeline/stages.ts'
import type { Standing } from '../standing/standing.ts'
import { countTokens } from './anthropic/count-tokens.ts'
import { anthropicErrors } from './anthropic/errors.ts'
import { messages as anthropicMessages } from './anthropic/messages.ts'
import { anthropicModels } from './anthropic/models.ts'
import { meRoute } from './access/me.ts'
import { accessRoutes } from './access/routes.ts'
import { guardEdge, type Edge, type EdgeSettings } from './edge.ts'
import { errorHeaders, openAiErrors, type ClosedPrefix, type ErrorWriter } from './error-body.ts'
import { logRoutes, type LogDoor } from './log/routes.ts'
import { healthRoutes, type HealthParts } from './health.ts'
import { readJsonBodies } from './json-body.ts'
import { answerBrokenHttp, mostHeaderBytes } from './broken-http.ts'
import { ollamaErrors } from './ollama/errors.ts'
import { ollamaRoutes } from './ollama/routes.ts'
import { chatCompletions } from './openai/chat-completions.ts'
import { embeddings } from './openai/embeddings.ts'
import { guardOverviewRoute } from './guard-overview.ts'
import { moderations } from './openai/moderations.ts'
import type { Generating } from './openai/generating.ts'
import { modelRoutes, type ModelsFor } from './openai/models.ts'
import { batchDoor } from './openai/batches/door.ts'
import { batchRoutes } from './openai/batches/routes.ts'
import { fileRoutes } from './openai/files/routes.ts'
import { createResponse } from './openai/responses/create.ts'
import { keptResponseRoutes } from './openai/responses/kept-routes.ts'
import { StoredResponses } from './openai/responses/stored.ts'
import { textCompletions } from './openai/text-completions.ts'
import { monitoringRoutes, type MonitoringDoor } from './monitoring-door.ts'
import { noJsonSchemas } from './no-json-schemas.ts'
import { openApiDocument } from './openapi.ts'
import { registerRoutes } from './register.ts'
import { rerank } from './rerank.ts'
import { defineRoute, type Route } from './route.ts'
import { standingAdminRoutes } from './standing/admin-routes.ts'
import { keyRoutes } from './admin/keys.ts'
import { peopleRoutes } from './admin/people.ts'
import { accountRoutes } from './sign-in/account-routes.ts'
import { invitationRoutes } from './sign-in/invitation-routes.ts'
import { providerRoutes } from './sign-in/provider-routes.ts'
import { signInRoutes } from './sign-in/routes.ts'
import { signalRoutes } from './standing/signals.ts'
import { safetyRoutes } from './standing/safety-routes.ts'
import { tokenize } from './tokenize.ts'
import { serveWebPage } from './web-page.ts'
import { webSessionRoutes } from './web-session.ts'
import { whoseBy } from './whose.ts'

export interface ApiParts {
  readonly stages: Stages & BriefStages
  readonly access: Access
  readonly standing: Standing
  readonly signIn: SignIn
  readonly accounts: OwnAccounts
  readonly engine: Pick<Engine, 'models' | 'status'>
  readonly kept: Kept
  readonly overview: GuardOverview
  /** What of the guard could not judge of late, and why; nothing when left out. */
  readonly guardTroubles?: HealthParts['guard']
  /** Left out where nobody watches, as in tests of other doors. */
  readonly monitoring?: MonitoringDoor
  readonly audit: Omit<LogDoor, 'whose'>
  readonly edge: EdgeSettings
  readonly limits: {
    readonly bodyBytes: number
    readonly headerSeconds: number
    readonly requestSeconds: number
    readonly choices: number
  }
  /** Folder of the built chat page. */
  readonly webFolder: string
  readonly version: string
  readonly log: Log
  readonly now: () => number
}

export interface Api extends Edge {
  /** A server for one address, not yet listening. */
  server(): Server
}

const closed: readonly ClosedPrefix[] = [
  { prefix: '/v1', errors: openAiErrors },
  { prefix: '/v1/messages', errors: anthropicErrors },
  { prefix: '/api', errors: ollamaErrors },
]

/** Bodies being received may take this many full ones together. */
const bodiesAtOnce = 64

/** Builds the server's HTTP side with all of its routes; it does not listen yet. */
export async function createApi(parts: ApiParts): Promise<Api> {
  const { limits, log } = parts
  const app = fastify({
    logger: false,
    exposeHeadRoutes: true,
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: 1000, caseSensitive: true, ignoreTrailingSlash: false },
    return503OnClosing: false,
    schemaController: noJsonSchemas,
    serverFactory: (handler) => serverOf(handler as RequestListener, limits),
    frameworkErrors: (error, request, reply) => {
      edge.begin(request, reply as FastifyReply)
      sendError(openAiErrors)(error, request, reply as FastifyReply)
    },
  })
  const sendError =
    (errors: ErrorWriter) => (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      answerWithError(error, { request, reply, errors, log })
  readJsonBodies(app, { bodyBytes: limits.bodyBytes, totalBytes: limits.bodyBytes * bodiesAtOnce })
  app.setErrorHandler(sendError(openAiErrors))
  const edge = guardEdge(app, {
    settings: parts.edge,
    log,
    now: parts.now,
    onExchange: parts.monitoring?.onExchange ?? (() => {}),
  })
  const page = serveWebPage(app, parts.webFolder)
  const routes = routesOf(parts)
  const { access, standing } = parts
  registerRoutes(app, { routes, closed, access, standing, page, sendError })
  await app.ready()
  await parts.kept.batches.start(
    batchDoor(routes, { mostLineBytes: limits.bodyBytes, access, now: parts.now }),
  )
  return { ...edge, server: () => serverOf((request, response) => app.routing(request, response), limits) }
}

/** Every route of the API, in the order of the document. */
export function routesOf(
  parts: Pick<
    ApiParts,
    | 'stages'
    | 'access'
    | 'signIn'
    | 'accounts'
    | 'standing'
    | 'engine'
    | 'kept'
    | 'monitoring'
    | 'audit'
    | 'overview'
    | 'guardTroubles'
    | 'limits'
    | 'version'
    | 'now'
  >,
): Route[] {
  const { access, engine, stages } = parts
  const generating: Generating = {
    answer: (request, credentials) => answer(request, credentials, stages),
    brief: briefWork(stages),
    models: () => engine.models(),
    mostChoices: parts.limits.choices,
    now: parts.now,
  }
  const modelsFor: ModelsFor = async (credentials) => {
    const mayAsk = await access.modelsFor(credentials)
    return engine.models().filter(({ id }) => mayAsk(id))
  }
  const whose = whoseBy(access)
  const responses = { generating, stored: new StoredResponses(parts.kept.responses), whose }
  const routes = [
    chatCompletions(generating),
    createResponse(responses),
    ...keptResponseRoutes(responses),
    ...fileRoutes({ files: parts.kept.files, whose }),
    ...batchRoutes({ batches: parts.kept.batches, whose }),
    textCompletions(generating),
    embeddings(generating),
    rerank(generating),
    tokenize(generating),
    moderations({
      brief: generating.brief,
      whose,
      seesFine: ({ role }) => permits(role, 'content.read'),
    }),
    guardOverviewRoute({ overview: parts.overview, whose }),
    ...modelRoutes(modelsFor, [anthropicModels]),
    anthropicMessages(generating),
    countTokens(generating),
    ...ollamaRoutes({ generating, modelsFor, status: () => engine.status(), version: parts.version }),
    ...safetyRoutes(parts.standing, access),
    ...signalRoutes(parts.standing),
    meRoute({ whose, unseen: (subject) => parts.audit.contents.unseen(subject) }),
    ...accessRoutes(access),
    ...standingAdminRoutes(parts.standing, access),
    ...(parts.monitoring === undefined
      ? []
      : monitoringRoutes(parts.monitoring, { access, whose, now: parts.now })),
    ...webSessionRoutes(access),
    ...signInRoutes(parts.signIn),
    ...providerRoutes(parts.signIn),
    ...invitationRoutes(parts.signIn, whose),
    ...accountRoutes(parts.accounts, access),
    ...peopleRoutes(access, whose),
    ...keyRoutes(access, whose),
    ...logRoutes({ ...parts.audit, whose }),
    ...healthRoutes({
      status: () => engine.status(),
      mustBeCurrent() {
        access.mustBeCurrent()
        parts.standing.mustBeCurrent()
      },
      policy: () => stages.guard.policy,
      guard: parts.guardTroubles ?? (() => []),
      version: parts.version,
      known: async (credentials) => {
        try {
          ;(await access.admit(credentials)).release()
          return true
        } catch {
          return false
        }
      },
    }),
  ]
  // Made when it is first asked for: that takes longer than all else that a start does here.
  let document: string | null = null
  return [
    ...routes,
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      summary: 'This document',
      needs: 'nothing',
      answers: { 200: { description: 'OpenAPI 3.1.' } },
      handle: async ({ reply }) => {
        document ??= JSON.stringify(openApiDocument(routes, parts.version))
        return await reply.type('application/json').send(document)
      },
    }),
  ]
}

function serverOf(listener: RequestListener, limits: ApiParts['limits']): Server {
  const server = createServer(
    {
      noDelay: true,
      keepAlive: true,
      keepAliveTimeout: 60_000,
      headersTimeout: limits.headerSeconds * 1000,
      requestTimeout: Math.max(limits.requestSeconds, limits.headerSeconds) * 1000,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: mostHeaderBytes,
      // Our own host check answers, in the shape of all errors.
      requireHostHeader: false,
    },
    listener,
  )
  server.maxConnections = 2048
  server.on('clientError', answerBrokenHttp)
  // Node would answer by itself, in another shape; RFC 9110, 10.1.1 lets a server pass over what it does not know.
  server.on('checkExpectation', listener)
  return server
}

interface Failing {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly errors: ErrorWriter
  readonly log: Log
}

function answerWithError(error: Error, { request, reply, errors, log }: Failing): void {
  const known = asKnown(error)
  const { exchange } = request
  exchange.outcome.code = known.code
  if (known.code === 'internal') {
    log('error', 'internal', {
      id: exchange.id,
      stack: known.cause instanceof Error ? known.cause.stack : String(known.cause),
    })
  }
  // The rest of a body that nobody will read must not be taken for the next request.
  if (!request.raw.complete) reply.header('connection', 'close')
  reply
    .code(known.status)
    .headers({ ...errorHeaders(known), ...errors.headers?.(exchange.id) })
    .send(errors.body(known, exchange.id))
}

/** Fastify's own refusals in our words. */
function asKnown(error: Error & { code?: string }): ElpisError {
  if (error instanceof ElpisError) return error
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return elpisError('unsupported_media_type', { type: '' })
    case 'FST_ERR_BAD_URL':
      return elpisError('invalid_request', { problem: 'The path of the request is malformed.' })
    default:
      return asElpisError(error)
  }
}
