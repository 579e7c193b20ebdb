/**
 * Entry of the process that holds one model. It is started by the server with an IPC channel, restricted before any of
 * this runs, and ends when the channel does.
 */
import type { Command, Job, JobEvent, LoadOptions, Report } from '../protocol.ts'
import { loadModel, type ReadyModel } from './load-model.ts'
import { Scheduler } from './scheduler.ts'
import { SequenceCache } from './sequence-cache.ts'
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
}

let running: Running | null = null
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
  if (turning || running === null || !running.scheduler.busy || unread >= mostUnread) return
  turning = true
  setImmediate(turn)
}

function turn(): void {
  turning = false
  if (running === null) return
  running.scheduler.step()
  if (running.scheduler.failures >= mostFailures) giveUp('the model failed to compute again and again')
  else wake()
}

function load(options: LoadOptions): void {
  try {
    const ready = loadModel(options, (fraction) => {
      send({ type: 'loading', fraction })
    })
    running = { ready, tokenizer: new Tokenizer(ready.vocabulary), scheduler: schedulerFor(ready, options) }
    send({ type: 'ready', model: ready.description })
  } catch (error) {
    giveUp(error instanceof Error ? error.message : String(error))
  }
}

function schedulerFor({ model, vocabulary, cache, parameters }: ReadyModel, options: LoadOptions): Scheduler {
  return new Scheduler({
    decoder: model,
    cache: new SequenceCache(model, cache),
    sequences: cache.sequences,
    contextTokens: Math.min(options.contextTokens, cache.cells),
    prefillTokens: prefillTokens(parameters, options.threads, model.stepTokens),
    token: (token) => vocabulary.token(token),
    suppressed: vocabulary.suppressed,
    report: (events: readonly JobEvent[]) => {
      send({ type: 'step', events })
    },
  })
}

function generate(job: Job): void {
  if (running === null) {
    send({ type: 'step', events: [{ type: 'failed', job: job.id, reason: 'no model is loaded' }] })
    return
  }
  try {
    running.scheduler.submit(job, running.tokenizer.tokenize(job.prompt, job.addBos))
  } catch (error) {
    const reason = `the prompt could not be read: ${error instanceof Error ? error.message : String(error)}`
    send({ type: 'step', events: [{ type: 'failed', job: job.id, reason }] })
  }
  wake()
}

function giveUp(reason: string): void {
  running = null
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
