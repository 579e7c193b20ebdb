/**
 * What the model drafts, let go window by window once it is judged. Judging runs beside generating; nothing leaves
 * before the question's verdict is there, and what a verdict blocks never leaves.
 */
import type { Part, Usage } from '../../core/part.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { ElpisError } from '../../errors.ts'
import { Lane, type Rest, type Window } from './lane.ts'
import type { Judgement } from './judgement.ts'
import { Mailbox } from './mailbox.ts'
import type { Policy } from '../policy/policy.ts'
import { redacted } from './redaction.ts'

export interface Releasing {
  readonly drafted: AsyncGenerator<Part>
  readonly choices: number
  /** Its text is JSON, and stays so. */
  readonly json: boolean
  readonly question: Promise<Verdict>
  readonly policies: readonly Policy[]
  /** Nobody waits any more. */
  readonly signal: AbortSignal
  /** Judges what may go next. Never throws. */
  readonly judge: (window: Window) => Promise<Judgement>
  /** What whoever asks is told when the question is blocked; null when it passes. */
  refusalOf(question: Verdict): ElpisError | null
  /**
   * What the model's own hidden states give reason for: null for nothing, `cut` ends the choice, an error the whole answer. It
   * stands before anything of the part is let go.
   */
  probe(part: Part): 'cut' | ElpisError | null
  /** Told of every judgement of a window. */
  onJudged(judgement: Judgement, window: Window): void
  /** Tokens of the next window. */
  readonly goal: () => number
  /** How long an answer rests between two windows; not at all when left out. */
  readonly rest?: Rest
}

type Event =
  | { readonly type: 'part'; readonly part: Part }
  | { readonly type: 'drafted' }
  | { readonly type: 'question'; readonly refusal: ElpisError | null }
  | { readonly type: 'judged'; readonly lane: Lane; readonly window: Window; readonly judgement: Judgement }
  | { readonly type: 'rested' }
  | { readonly type: 'aborted' }

/**
 * Passes on the parts of an answer that were judged harmless. A blocked choice ends without what was held back; when
 * `signal` aborts, nothing more leaves.
 */
export async function* release(releasing: Releasing): AsyncGenerator<Part> {
  const { drafted, choices, json, question, policies, signal, judge, goal, rest } = releasing
  const mail = new Mailbox<Event>()
  const lanes = new Map<number, Lane>()
  let count: Usage = { promptTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }
  let blocked = false
  let refusal: ElpisError | null = null
  let opening: Part | null = null
  let ending: Part | null = null
  let asked = false
  let over = false
  const ready: Part[] = []
  /** How far the model is; only the last of it is news. */
  const loading: Part[] = []
  let resting: NodeJS.Timeout | null = null

  const pull = () => {
    drafted.next().then(
      (step) => mail.put(step.done === true ? { type: 'drafted' } : { type: 'part', part: step.value }),
      () => mail.put({ type: 'drafted' }),
    )
  }
  const judgeNext = (lane: Lane) => {
    const window = lane.judging ? null : lane.next()
    if (window === null) {
      // What was said last leaves also when the engine says nothing more for long.
      const left = resting === null ? lane.restsFor : null
      if (left !== null) resting = setTimeout(() => mail.put({ type: 'rested' }), left)
      return
    }
    lane.judging = true
    void judge(window).then((judgement) => mail.put({ type: 'judged', lane, window, judgement }))
  }
  const abort = () => mail.put({ type: 'aborted' })
  signal.addEventListener('abort', abort, { once: true })
  question.then(
    (verdict) => mail.put({ type: 'question', refusal: releasing.refusalOf(verdict) }),
    () => mail.put({ type: 'aborted' }),
  )
  pull()

  try {
    for (;;) {
      const event = await mail.take()
      switch (event.type) {
        case 'aborted':
          return
        case 'question':
          if (event.refusal !== null) {
            yield { type: 'error', error: event.refusal }
            return
          }
          asked = true
          break
        case 'drafted':
          over = true
          for (const lane of lanes.values()) lane.end()
          break
        case 'part': {
          const { part } = event
          count = counted(count, part)
          if (part.type === 'loading') loading.splice(0, 1, part)
          else if (part.type === 'start') opening = part
          else if (part.type === 'usage' || part.type === 'error') {
            ending = part
            over = true
            for (const lane of lanes.values()) lane.end()
          } else {
            const lane = laneOf(part.choice)
            const found = lane.closed ? null : releasing.probe(part)
            if (found === 'cut') cut(lane)
            else if (found === null) lane.push(part)
            else refusal = found
          }
          if (!over && refusal === null) pull()
          break
        }
        case 'judged': {
          const { lane, window, judgement } = event
          lane.judging = false
          releasing.onJudged(judgement, window)
          if (lane.closed) break
          const left = judgement.action === 'block' ? null : redacted(judgement, window)
          if (left === null) cut(lane)
          else ready.push(...lane.release(left.window, left.replacements))
          break
        }
        case 'rested':
          resting = null
          break
        default:
          event satisfies never
      }
      for (const lane of lanes.values()) {
        judgeNext(lane)
        const finish = lane.takeFinish()
        if (finish !== null) ready.push(finish)
      }
      if (!asked) continue
      if (refusal !== null) {
        yield { type: 'error', error: refusal }
        return
      }
      const all = [...lanes.values()]
      for (const part of loading.splice(0)) yield part
      const done = over && all.every((lane) => lane.closed || (!lane.waiting && !lane.judging))
      // Headers go out with the first part, so the opening waits for the first words, or for the end.
      if (opening !== null && (ready.length > 0 || done)) {
        yield opening
        opening = null
      }
      for (const part of ready.splice(0)) yield part
      if (done) {
        if (ending !== null) yield ending
        return
      }
      // Every choice was cut: the engine need not go on, and what it counted so far is told.
      if (blocked && !over && all.length === choices && all.every((lane) => lane.closed)) {
        yield { type: 'usage', usage: count }
        return
      }
    }
  } finally {
    if (resting !== null) clearTimeout(resting)
    signal.removeEventListener('abort', abort)
    // Not awaited: an engine in the middle of a step answers only after it.
    drafted.return(undefined).catch(() => {})
  }

  function cut(lane: Lane): void {
    lane.block()
    blocked = true
    ready.push({ type: 'finish', choice: lane.choice, reason: 'content_filter' })
  }

  function laneOf(choice: number): Lane {
    let lane = lanes.get(choice)
    if (lane === undefined) {
      lane = new Lane(choice, policies, goal, { rest, json })
      lanes.set(choice, lane)
    }
    return lane
  }
}

function counted(usage: Usage, part: Part): Usage {
  if (part.type === 'start') {
    const { promptTokens, cachedTokens } = part
    return { ...usage, promptTokens, cachedTokens }
  }
  if (part.type !== 'text-delta' && part.type !== 'reasoning-delta' && part.type !== 'tool-call-delta') {
    return usage
  }
  return {
    ...usage,
    outputTokens: usage.outputTokens + part.tokens,
    reasoningTokens: usage.reasoningTokens + (part.type === 'reasoning-delta' ? part.tokens : 0),
  }
}
