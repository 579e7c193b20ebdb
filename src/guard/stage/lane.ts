/**
 * One choice of an answer on its way out: what came, in order, and how much of it has been judged. Text, thoughts and
 * the arguments of each call are channels of their own; a thing that is split over channels is judged in each as a
 * whole, also where parts of other channels stand between.
 */
import type { JudgedWindow, Part } from '../../core/part.ts'
import type { Policy } from '../policy/policy.ts'
import { settledUntil } from './hold.ts'
import { jsonBegins, jsonPlaceAt, type JsonPlace } from './json-text.ts'
import { openRuleFrom } from '../rules/apply.ts'

type Said = Extract<Part, { type: 'text-delta' | 'reasoning-delta' | 'tool-call-start' | 'tool-call-delta' }>
type Finish = Extract<Part, { type: 'finish' }>

interface Item {
  readonly part: Said
  readonly channel: Channel
  /** Offsets in all that its channel ever said. */
  readonly start: number
  readonly end: number
}

interface Channel {
  readonly name: string
  /** What was let go lately, and all that waits. */
  text: string
  /** How much was said before `text`. */
  dropped: number
  /** All before this offset was let go. */
  settled: number
  /** Where its JSON is read on in `text`; null where it is none. */
  json: JsonPlace | null
}

/** What is to be judged next, and let go if it passes. */
export interface Window {
  readonly channel: string
  /** What was let go before, what may go now, and what is there of what follows. */
  readonly text: string
  /** Offsets in `text` of what may go. */
  readonly start: number
  readonly end: number
  /** Up to where in `text` more could go at once, were something to be taken out whole. */
  readonly most: number
  /** Nothing follows in this channel. */
  readonly final: boolean
  /** Where its JSON is read on, at `start` or a little before; null where it is none. */
  readonly json: JsonPlace | null
}

/** A stretch of a window's text that something else stands for. */
export interface Replacement {
  readonly start: number
  readonly end: number
  readonly by: string
}

/** How long an answer rests between two windows, in milliseconds of a clock that never goes back. */
export interface Rest {
  readonly milliseconds: () => number
  readonly now: () => number
}

const noRest: Rest = { milliseconds: () => 0, now: () => 0 }

/** How much of what was let go is read again with what follows it. */
const context = 600
/** Beyond this it is judged as it stands, whatever may be open. */
const mostHeld = 16_384
/** The first window is short, so that an answer begins soon; later ones are this many times as long. */
const later = 3
/** A beginning of fewer characters does not hold back what comes after it in another channel. */
const telling = 3

/**
 * `push` takes parts, `next` gives the window to judge, `release` lets it go, `block` ends the choice. At most one
 * window is judged at a time (`judging`), and parts leave in the order in which they came.
 */
export class Lane {
  readonly choice: number
  readonly #policies: readonly Policy[]
  readonly #goal: () => number
  readonly #rest: Rest
  readonly #json: boolean
  readonly #queue: Item[] = []
  readonly #channels = new Map<string, Channel>()
  readonly #judged: JudgedWindow[] = []
  #nextGoal: number
  #finish: Finish | null = null
  /** A window of it is being judged. */
  judging = false
  /** It has ended, or was blocked; nothing more leaves. */
  closed = false
  #restsUntil = Number.NEGATIVE_INFINITY

  /**
   * @param goal tokens after which a window is judged; asked for every window
   * @param json its text is JSON, as the arguments of calls always are
   */
  constructor(
    choice: number,
    policies: readonly Policy[],
    goal: () => number,
    { rest = noRest, json = false }: { readonly rest?: Rest | undefined; readonly json?: boolean } = {},
  ) {
    this.choice = choice
    this.#policies = policies
    this.#goal = goal
    this.#rest = rest
    this.#json = json
    this.#nextGoal = goal()
  }

  /** When it has text to be judged and rests: milliseconds until it goes on; else null. */
  get restsFor(): number | null {
    if (this.judging || this.#queue.length === 0 || this.closed) return null
    const left = this.#restsUntil - this.#rest.now()
    return left > 0 ? left : null
  }

  push(part: Said | Finish): void {
    if (part.type === 'finish') {
      this.#finish = part
      return
    }
    const channel = this.#channel(part)
    const start = channel.dropped + channel.text.length
    channel.text += textOf(part)
    this.#queue.push({ part, channel, start, end: channel.dropped + channel.text.length })
  }

  /** No more will come, also without a `finish`. */
  #final = false
  end(): void {
    this.#final = true
  }

  /** The window to judge now; null when more must come first. */
  next(): Window | null {
    const [first] = this.#queue
    if (first === undefined || this.closed) return null
    const ended = this.#final || this.#finish !== null
    const { channel } = first
    const last = this.#queue.at(-1) ?? first
    if (!ended && last.channel === channel && last.end - channel.settled < mostHeld && this.restsFor !== null)
      return null
    const following = this.#queue.findIndex((item) => item.channel !== channel)
    const run = following === -1 ? this.#queue : this.#queue.slice(0, following)
    const lastOfRun = run.at(-1) ?? first
    const held = lastOfRun.end - channel.settled
    const closed = ended || following !== -1 || held >= mostHeld
    if (!closed) {
      if (held === 0) return null
      // Told cheaply first: what may be open is looked for once there is enough.
      const tokens = run.reduce((sum, { part }) => sum + tokensOf(part), 0)
      if (tokens < this.#nextGoal && !endsSentence(channel.text.slice(channel.settled - channel.dropped)))
        return null
    }
    let until = lastOfRun.end
    if (!ended && held < mostHeld) {
      const open = following === -1 ? this.#settled(channel) : this.#betweenChannels(channel)
      until = Math.min(until, channel.dropped + open)
    }
    const text = channel.text
    const start = channel.settled - channel.dropped
    const end = until - channel.dropped
    if (end <= start && held > 0) return null
    const most = lastOfRun.end - channel.dropped
    return { channel: channel.name, text, start, end, most, final: ended, json: channel.json }
  }

  /** Lets go of a window that was judged; its parts, with `replacements` in place of what they cover. */
  release(window: Window, replacements: readonly Replacement[]): Part[] {
    const channel = this.#channels.get(window.channel)
    if (channel === undefined) return []
    this.#nextGoal = this.#goal() * later
    this.#restsUntil = this.#rest.now() + this.#rest.milliseconds()
    // Characters may have been dropped from the front only here, so the window's offsets still hold.
    const until = channel.dropped + window.end
    const out: Said[] = []
    while (this.#queue[0]?.channel === channel) {
      const item = this.#queue[0]
      // A part without text tells of a token whose text is still to come: it goes with that text, not before it.
      if (
        item.end > until ||
        (item.start === item.end && item.end >= until && this.#waitsForText(item, window))
      )
        break
      this.#queue.shift()
      out.push(...written(item.part, item.start - channel.dropped, item.end - channel.dropped, replacements))
    }
    const [cut] = this.#queue
    if (cut?.channel === channel && cut.start < until && cut.end > until) {
      const { part } = cut
      const [head, rest] = split(part, until - cut.start)
      if (head !== null) out.push(...written(head, cut.start - channel.dropped, window.end, replacements))
      this.#queue[0] = { part: rest, channel, start: until, end: cut.end }
    }
    this.#judged.push([channel.name, until, channel.dropped + window.text.length])
    channel.settled = until
    const drop = Math.max(0, window.end - context)
    if (channel.json !== null) {
      const { from, inString } = jsonPlaceAt(channel.text, channel.json, window.end)
      channel.json = { from: Math.max(0, from - drop), inString }
    }
    channel.text = channel.text.slice(drop)
    channel.dropped += drop
    return joined(out)
  }

  /** The `finish` when everything before it has left. */
  takeFinish(): Finish | null {
    if (this.#queue.length > 0 || this.judging || this.closed || this.#finish === null) return null
    this.closed = true
    return { ...this.#finish, windows: this.#judged }
  }

  /** Forgets what waits; nothing of it leaves. */
  block(): void {
    this.closed = true
    this.#queue.length = 0
    this.#channels.clear()
  }

  get waiting(): boolean {
    return !this.closed && this.#queue.length > 0
  }

  #waitsForText(item: Item, window: Window): boolean {
    if (window.final) return false
    const behind = this.#queue.findIndex((other) => other.channel !== item.channel)
    return behind === -1
  }

  #settled(channel: Channel): number {
    return settledUntil(channel.text, this.#policies, 'output')
  }

  /** Its words are whole, for something else came; but the beginning of what a rule is about may go on behind it. */
  #betweenChannels(channel: Channel): number {
    const open = Math.min(
      channel.text.length,
      ...this.#policies.map((policy) => openRuleFrom(channel.text, policy, 'output')),
    )
    return channel.text.length - open < telling ? channel.text.length : open
  }

  #channel(part: Said): Channel {
    const name = channelOf(part)
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      const isJson = name === 'text' ? this.#json : name !== 'reasoning'
      channel = { name, text: '', dropped: 0, settled: 0, json: isJson ? jsonBegins : null }
      this.#channels.set(name, channel)
    }
    return channel
  }
}

/**
 * The windows of an answer as they were judged, for whoever judges it again.
 *
 * @param said all that each channel says, as the guard reads it
 * @returns null when these are not the windows of such an answer
 */
export function windowsAgain(
  said: ReadonlyMap<string, string>,
  judged: readonly JudgedWindow[],
): Window[] | null {
  const windows: Window[] = []
  const settled = new Map<string, number>()
  for (const [channel, end, seen] of judged) {
    const whole = said.get(channel) ?? ''
    const start = settled.get(channel) ?? 0
    if (end < start || seen < end || seen > whole.length) return null
    const dropped = Math.max(0, start - context)
    windows.push({
      channel,
      text: whole.slice(dropped, seen),
      start: start - dropped,
      end: end - dropped,
      most: end - dropped,
      final: seen === whole.length,
      json: null,
    })
    settled.set(channel, end)
  }
  const all = [...said].every(([channel, { length }]) => (settled.get(channel) ?? 0) === length)
  return all ? windows : null
}

/** How the guard reads the beginning of a call. */
export function callBegun(name: string): string {
  return `${name}\n`
}

/** Neighbours of one channel as one: what leaves together need not be passed on and written piece by piece. */
function joined(parts: readonly Said[]): Said[] {
  const out: Said[] = []
  for (const part of parts) {
    const last = out.at(-1)
    const both = last === undefined ? null : together(last, part)
    if (both === null) out.push(part)
    else out[out.length - 1] = both
  }
  return out
}

function together(left: Said, right: Said): Said | null {
  if (left.type === 'tool-call-delta' && right.type === 'tool-call-delta' && left.call === right.call) {
    return { ...left, arguments: left.arguments + right.arguments, tokens: left.tokens + right.tokens }
  }
  const isText = left.type === 'text-delta' || left.type === 'reasoning-delta'
  if (!isText || left.type !== right.type) return null
  if ((left.logprobs === null) !== (right.logprobs === null)) return null
  const logprobs = left.logprobs && [...left.logprobs, ...(right.logprobs ?? [])]
  return { ...left, text: left.text + right.text, tokens: left.tokens + right.tokens, logprobs }
}

function channelOf(part: Said): string {
  switch (part.type) {
    case 'text-delta':
      return 'text'
    case 'reasoning-delta':
      return 'reasoning'
    default:
      return `call ${part.call}`
  }
}

function textOf(part: Said): string {
  switch (part.type) {
    case 'tool-call-start':
      return callBegun(part.name)
    case 'tool-call-delta':
      return part.arguments
    default:
      return part.text
  }
}

function tokensOf(part: Said): number {
  return part.type === 'tool-call-start' ? 1 : part.tokens
}

function endsSentence(text: string): boolean {
  return text.length >= 24 && /[.!?…。！？\n]["')\]]*\s*$/u.test(text)
}

/** A part in two; its tokens and their probabilities go with the second, for they tell of the whole. */
function split(part: Said, at: number): [head: Said | null, rest: Said] {
  switch (part.type) {
    case 'tool-call-start':
      return [null, part]
    case 'tool-call-delta':
      return [
        { ...part, arguments: part.arguments.slice(0, at), tokens: 0 },
        { ...part, arguments: part.arguments.slice(at) },
      ]
    default:
      return [
        { ...part, text: part.text.slice(0, at), tokens: 0, logprobs: null },
        { ...part, text: part.text.slice(at) },
      ]
  }
}

/** A part with its text as it may be read; what was taken out takes the probabilities of its tokens along. */
function written(part: Said, start: number, end: number, replacements: readonly Replacement[]): Said[] {
  const touching = replacements.filter((it) => it.start < end && start < it.end)
  if (touching.length === 0 || part.type === 'tool-call-start') return [part]
  const text = textOf(part)
  let out = ''
  let at = start
  for (const { start: from, end: to, by } of touching) {
    out += text.slice(at - start, Math.max(at, from) - start)
    if (from >= start) out += by
    at = Math.max(at, Math.min(end, to))
  }
  out += text.slice(at - start)
  if (part.type === 'tool-call-delta') return [{ ...part, arguments: out }]
  return [{ ...part, text: out, logprobs: null }]
}
