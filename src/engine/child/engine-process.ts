/**
 * Entry of the process that holds one model. It is started by the server with an IPC channel, restricted before any of
 * this runs, and ends when the channel does.
 */
import type { BriefCommand, BriefEvent } from '../brief-protocol.ts'
import type { Command, Job, LoadOptions, Report } from '../protocol.ts'
import { GrammarLibrary } from './grammar-library.ts'
import { tokenMarks } from './answer-marks.ts'
import { BriefDesk } from './brief-desk.ts'
import { EmbeddingQueue } from './embedding-queue.ts'
import { KeptPrefixes } from './kept-prefixes.ts'
import { loadModel, type ReadyEmbedder, type ReadyModel } from './load-model.ts'
import { openTokens } from './open-prompt.ts'
import { PairPrompt } from './pair-prompt.ts'
import { Scheduler } from './scheduler.ts'
import { SequenceCache } from './sequence-cache.ts'
import { newStates } from './state-reading.ts'
import { FixedPace, MeasuredPace } from './step-pace.ts'
import { prefillTokens } from './step-size.ts'
import { Tokenizer } from './tokenizer.ts'

/** Reports on their way; beyond this the server is not reading, and nothing more is computed for it. */
const mostUnread = 256
/** After so many failures in a row the model is given up. */
const mostFailures = 3

interface Running {
  readonly ready: ReadyModel
  readonly scheduler: Scheduler
  readonly tokenizer: Tokenizer
  readonly grammars: GrammarLibrary
}

/** Null when no model is loaded, or one that does not generate. */
let running: Running | null = null
/** Null when no model is loaded. */
let desk: BriefDesk | null = null
let unread = 0
let turning = false

function send(report: Report, then?: () => void): void {
  unread++
  process.send?.(report, undefined, {}, () => {
    unread--
    if (then !== undefined) then()
    else wake()
  })
}

/** Goes on computing, one step a turn of the event loop, so that commands are read between steps. */
function wake(): void {
  const busy = running?.scheduler.busy === true || desk?.busy === true
  if (turning || !busy || unread >= mostUnread) return
  turning = true
  setImmediate(turn)
}

function turn(): void {
  turning = false
  running?.scheduler.step()
  desk?.step()
  const failures = Math.max(running?.scheduler.failures ?? 0, desk?.failures ?? 0)
  if (failures >= mostFailures) giveUp('the model failed to compute again and again')
  else wake()
}

function load(options: LoadOptions): void {
  try {
    const ready = loadModel(options, (fraction) => {
      send({ type: 'loading', fraction })
    })
    const tokenizer = new Tokenizer(ready.vocabulary)
    if (ready.purpose === 'generator')
      running = {
        ready,
        tokenizer,
        scheduler: schedulerFor(ready, options),
        grammars: new GrammarLibrary(ready.vocabulary),
      }
    desk = deskFor(ready, tokenizer, options)
    send({ type: 'ready', model: ready.description })
    const { grammars } = running ?? {}
    if (grammars !== undefined) setImmediate(() => grammars.prepare())
  } catch (error) {
    giveUp(error instanceof Error ? error.message : String(error))
  }
}

function schedulerFor(ready: ReadyModel, options: LoadOptions): Scheduler {
  const { model, vocabulary, cache, parameters, steady, draft } = ready
  const { alone, beside } = prefillTokens(parameters, options.threads, model.stepTokens)
  const { states } = options
  const kept = keptPrefixes(ready, options)
  const sequenceCache = new SequenceCache(model, cache)
  for (const { tokens, pieces } of kept?.read() ?? []) sequenceCache.adopt(tokens, pieces)
  return new Scheduler({
    decoder: model,
    cache: sequenceCache,
    sequences: cache.sequences,
    contextTokens: Math.min(options.contextTokens, cache.cells),
    tokensAlone: alone,
    // Who asked for speed has texts that depend on steps anyway.
    pace: steady || options.attention === 'fast' ? new MeasuredPace() : new FixedPace(beside),
    // What was computed of a wrong draft cannot be taken back out of a state.
    drafts: cache.divisible ? options.drafts : 'never',
    ...(draft === null ? {} : { draftModel: draft }),
    now: () => performance.now(),
    token: (token) => vocabulary.token(token),
    suppressed: vocabulary.suppressed,
    ...(states === undefined ? {} : { states: () => newStates(states) }),
    ...(kept === null ? {} : { kept }),
    report: (events, occupancy) => {
      send({ type: 'step', events, occupancy })
    },
  })
}

/** Null where nothing is kept on disk, or where the same layout does not compute the same bits. */
function keptPrefixes(
  { description: { build, layout } }: ReadyModel,
  { prefixes }: LoadOptions,
): KeptPrefixes | null {
  if (prefixes === undefined || layout === null) return null
  return new KeptPrefixes(prefixes, { build, layout }, (text, file) => send({ type: 'prefix', text, file }))
}

function deskFor(
  ready: ReadyModel | ReadyEmbedder,
  tokenizer: Tokenizer,
  { threads, batchTokens }: LoadOptions,
): BriefDesk {
  const { vocabulary, parameters } = ready
  const report = (events: readonly BriefEvent[]) => {
    send({ type: 'brief', events })
  }
  const embedder = ready.purpose === 'generator' ? null : ready.embedder
  const stepTokens = prefillTokens(parameters, threads, batchTokens).alone
  return new BriefDesk({
    vocabulary,
    tokenizer,
    embeddings: embedder === null ? null : new EmbeddingQueue({ embedder, stepTokens, report }),
    pairs: new PairPrompt(vocabulary, tokenizer, ready.purpose === 'generator' ? null : ready.pairTemplate),
    report,
  })
}

function generate(job: Job): void {
  if (running === null) {
    send({ type: 'step', events: [{ type: 'failed', job: job.id, reason: 'no model is loaded' }] })
    return
  }
  if (job.adapter !== null && !running.ready.model.adapters.has(job.adapter)) {
    send({ type: 'step', events: [{ type: 'failed', job: job.id, reason: 'its adapter is not loaded' }] })
    return
  }
  try {
    const prompt = running.tokenizer.tokenize(job.prompt, job.addBos)
    const marks = tokenMarks(job.marks, running.ready.vocabulary, running.tokenizer)
    const grammar = job.grammar == null ? null : running.grammars.open(job.grammar)
    running.scheduler.submit(job, prompt, openTokens(job, prompt, running.tokenizer), marks, grammar)
  } catch (error) {
    const reason = `the request could not be read: ${error instanceof Error ? error.message : String(error)}`
    send({ type: 'step', events: [{ type: 'failed', job: job.id, reason }] })
  }
  wake()
}

function loadAdapter(adapter: number, path: string): void {
  let problem: string | null = null
  try {
    if (running === null) throw new Error('this model does not generate text')
    running.ready.model.adapters.load(adapter, path)
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  send({ type: 'adapter', adapter, problem })
}

function serve(command: BriefCommand): void {
  if (desk === null) {
    const events = [{ type: 'failed', job: command.job, reason: 'no model is loaded' }] as const
    send({ type: 'brief', events })
    return
  }
  desk.obey(command)
  wake()
}

function giveUp(reason: string): void {
  running = null
  desk = null
  send({ type: 'unusable', reason }, () => process.exit(1))
}

function obey(command: Command): void {
  switch (command.type) {
    case 'load':
      load(command.options)
      return
    case 'generate':
      generate(command.job)
      return
    case 'cancel':
      running?.scheduler.cancel(command.job)
      desk?.cancel(command.job)
      return
    case 'load-adapter':
      loadAdapter(command.adapter, command.path)
      return
    case 'unload-adapter':
      running?.ready.model.adapters.unload(command.adapter)
      return
    case 'embed':
    case 'tokenize':
      serve(command)
      return
    case 'close':
      process.exit(0)
      return
    default:
      command satisfies never
  }
}

process.on('message', obey)
// Whoever asked is gone: nobody would read another word.
process.on('disconnect', () => process.exit(0))
// The terminal's Ctrl-C reaches this process as well; when to end is the server's to say.
process.on('SIGINT', () => undefined)
send({ type: 'hello' })
