/**
 * A smaller model with the same vocabulary says what an answer probably says next (speculative decoding, Leviathan et al.,
 * 2023). It chooses with the answer's own settings, seed and noise, so where the two models agree, they agree on the token.
 * What it says is only proposed: the model itself chooses, token by token, so the text is the same with any draft.
 */
import type { RawCache } from './cell-store.ts'
import type { Decoder } from './decoder.ts'
import { DraftTrust, learnt } from './draft-trust.ts'
import type { Answer } from './task.ts'

export interface DraftModelOptions {
  readonly decoder: Pick<Decoder, 'add' | 'run' | 'logits' | 'stepTokens'> &
    Pick<RawCache, 'remove' | 'clear'>
  /** Answers that it can follow at the same time; its cache has a whole context for each. */
  readonly slots: number
  /** Tokens of prompts that it reads between two steps of the model. */
  readonly readTokens: number
  /** What one of its steps takes in steps of the model, before any was measured. */
  readonly ratio: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/** An answer that would like a draft of so many tokens. */
export interface DraftWish {
  readonly answer: Answer
  readonly length: number
}

/** What it proposed for all answers so far, and how much of that was right. */
export interface DraftCounts {
  readonly proposed: number
  readonly right: number
}

/** One sequence of its cache. */
interface Slot {
  readonly number: number
  owner: Answer | null
  /** What it computed, from the beginning. */
  tokens: number[]
  /** So many of these are known to be the owner's. */
  agreed: number
  lastUse: number
}

interface Turn extends DraftWish {
  readonly slot: Slot
  readonly draft: number[]
}

/** How likely a token is right, before anything was proposed. */
const firstTrust = 0.7
/** Weight of one draft in what is thought of the next answer's. */
const commonWeight = 0.05
/** Most tokens of one answer that are read in the step that proposes its next. */
const fewMissing = 16
/** Weight of a new measurement in the average. */
const timeWeight = 0.2

/**
 * One draft model serves all answers of a loaded model, with one sequence (slot) for each of `slots` answers. Call
 * `draft` before a step and `learn` after; once the draft model failed, its drafts stay empty.
 */
export class DraftModel {
  readonly #options: DraftModelOptions
  readonly #slots: readonly Slot[]
  /** With no more tokens missing they are computed in the step that proposes the first. */
  readonly #few: number
  #trust = firstTrust
  #milliseconds: number | null = null
  #uses = 0
  #broken = false
  #counts: DraftCounts = { proposed: 0, right: 0 }

  constructor(options: DraftModelOptions) {
    this.#options = options
    this.#few = Math.max(1, Math.min(fewMissing, Math.floor(options.decoder.stepTokens / options.slots)))
    this.#slots = Array.from({ length: options.slots }, (_, number) => ({
      number,
      owner: null,
      tokens: [],
      agreed: 0,
      lastUse: 0,
    }))
  }

  get counts(): DraftCounts {
    return this.#counts
  }

  /** What one token of a draft takes; null before one was measured. */
  get milliseconds(): number | null {
    return this.#milliseconds
  }

  get ratio(): number {
    return this.#options.ratio
  }

  /** What is thought of drafts for an answer that begins, which has so many tokens. */
  trustFor(length: number): DraftTrust {
    return new DraftTrust(this.#trust, length)
  }

  /** Tells how much of a draft was right. */
  learn(drafted: number, right: number): void {
    this.#trust = learnt(this.#trust, drafted, right, commonWeight)
    const { proposed, right: before } = this.#counts
    this.#counts = { proposed: proposed + drafted, right: before + right }
  }

  /**
   * One draft for each wish; empty where it still reads what was said before. Never fails: a model that cannot be computed
   * proposes nothing any more.
   *
   * @param wishes not more than there are slots.
   */
  draft(wishes: readonly DraftWish[]): (readonly number[])[] {
    if (this.#broken) return wishes.map(() => [])
    const turns = wishes.map((wish): Turn => {
      const slot = this.#slotFor(wish.answer, wishes)
      this.#agree(slot, wish.answer)
      return { ...wish, slot, draft: [] }
    })
    const behind = turns.filter(({ slot, answer }) => missing(slot, answer) > this.#few)
    if (behind.length > 0) this.#read(behind)
    if (!this.#broken) this.#propose(turns.filter((turn) => !behind.includes(turn)))
    return turns.map(({ draft }) => draft)
  }

  /** Takes back what it computed and was not said. */
  #agree(slot: Slot, answer: Answer): void {
    // The last token is always computed anew: its logits are wanted.
    const most = Math.min(slot.tokens.length, answer.length - 1)
    slot.agreed = Math.min(slot.agreed, most)
    while (slot.agreed < most && slot.tokens[slot.agreed] === tokenAt(answer, slot.agreed)) slot.agreed++
    this.#cut(slot, slot.agreed)
  }

  /** Computes what was said meanwhile, up to a bound. */
  #read(turns: readonly Turn[]): void {
    const { decoder, readTokens } = this.#options
    let room = Math.min(readTokens, decoder.stepTokens)
    for (const { slot, answer } of turns) {
      const count = Math.min(missing(slot, answer) - 1, room)
      for (let more = 0; more < count; more++) this.#add(slot, tokenAt(answer, slot.tokens.length), false)
      room -= count
    }
    this.#run()
  }

  /** One token of each draft a step. */
  #propose(turns: readonly Turn[]): void {
    const { decoder, now } = this.#options
    const begun = now()
    let proposed = 0
    for (const { slot, answer } of turns)
      for (let left = missing(slot, answer); left > 0; left--)
        this.#add(slot, tokenAt(answer, slot.tokens.length), left === 1)
    let going = turns
    while (going.length > 0) {
      if (!this.#run()) return
      for (const [row, { answer, draft }] of going.entries()) {
        const position = answer.output.length + draft.length
        draft.push(Math.max(0, answer.sampler.choose(decoder.logits(row), position)))
        proposed++
      }
      going = going.filter(({ draft, length }) => draft.length < length)
      for (const { slot, draft } of going) this.#add(slot, draft.at(-1)!, true)
    }
    if (proposed > 0) this.#observe((now() - begun) / proposed)
  }

  #observe(milliseconds: number): void {
    const before = this.#milliseconds
    this.#milliseconds = before === null ? milliseconds : before + timeWeight * (milliseconds - before)
  }

  #add(slot: Slot, token: number, wanted: boolean): void {
    this.#options.decoder.add(token, slot.tokens.length, slot.number, wanted)
    slot.tokens.push(token)
  }

  #run(): boolean {
    if (this.#options.decoder.run() === 'done') return true
    this.#broken = true
    this.#options.decoder.clear()
    return false
  }

  /** Its own, or that of an answer that wishes nothing: what was said there may be what this one begins with. */
  #slotFor(answer: Answer, wishes: readonly DraftWish[]): Slot {
    this.#uses++
    const wishing = new Set(wishes.map((wish) => wish.answer))
    let found = this.#slots.find(({ owner }) => owner === answer)
    if (found === undefined) {
      const free = this.#slots.filter(({ owner }) => owner === null || !wishing.has(owner))
      found = free.reduce((best, slot) => (isBetter(slot, best, answer) ? slot : best))
      this.#hand(found, answer)
    }
    found.lastUse = this.#uses
    return found
  }

  #hand(slot: Slot, answer: Answer): void {
    this.#cut(slot, inCommon(slot, answer))
    slot.owner = answer
    slot.agreed = 0
  }

  #cut(slot: Slot, length: number): void {
    if (slot.tokens.length === length) return
    slot.tokens.length = length
    this.#options.decoder.remove(slot.number, length, -1)
  }
}

/** Tokens of the answer that the slot has not computed. */
function missing(slot: Slot, answer: Answer): number {
  return answer.length - slot.tokens.length
}

function tokenAt({ task, output }: Answer, index: number): number {
  return task.prompt[index] ?? output[index - task.prompt.length]!
}

/** The longer common beginning, then the one that was used least lately. */
function isBetter(slot: Slot, best: Slot, answer: Answer): boolean {
  const difference = inCommon(slot, answer) - inCommon(best, answer)
  return difference > 0 || (difference === 0 && slot.lastUse < best.lastUse)
}

/** Nothing between scopes: how soon drafts come would tell what another organisation asked. */
function inCommon({ owner, tokens }: Slot, answer: Answer): number {
  if (owner === null || owner.task.origin.scope !== answer.task.origin.scope) return 0
  const most = Math.min(tokens.length, answer.length)
  let common = 0
  while (common < most && tokens[common] === tokenAt(answer, common)) common++
  return common
}
