/**
 * Where an answer can be in its grammar after every byte: all places at once that the bytes so far lead to, each with its
 * stack of rules. Stacks and states are made once and found again, so that the network becomes, bit by bit, a table of
 * states and bytes, as XGrammar does it for tokens (Dong et al., 2024) and lazy automata of regular expressions do.
 */
import type { GrammarNetwork, Node } from './grammar-network.ts'
import type { TokenMask } from './grammar-mask.ts'

/** A rule that is gone through inside another one, or a repetition with its count. */
interface Frame {
  /** A `call` or a `count`; null at the bottom. */
  readonly node: Node | null
  readonly done: number
  readonly parent: Frame | null
  readonly depth: number
  readonly above: Map<number, Frame>
  readonly places: Map<number, Place>
}

/** Waits for a byte or a control token there; at an `end`, the grammar is complete. */
interface Place {
  readonly id: number
  readonly node: Node
  readonly frame: Frame
}

export interface GrammarState {
  readonly places: readonly Place[]
  /** What was read so far is a whole text of the grammar. */
  readonly complete: boolean
  /** No byte and no token can follow. */
  readonly finished: boolean
  /** By byte; null is dead, undefined not known yet. */
  readonly next: (GrammarState | null | undefined)[]
  readonly afterToken: Map<number, GrammarState | null>
  readonly space: Space
  mask: TokenMask | null
}

/** Frames and states that know each other. */
interface Space {
  readonly bottom: Frame
  readonly states: Map<string, GrammarState>
  places: number
}

/** Rules in rules: an answer that nests deeper must come back. */
const mostDepth = 400
/** Ways to read what came so far. */
const mostPlaces = 2000
/** Steps without a byte, from one token to what may follow it: bounds how long a grammar can hold up its neighbours. */
const mostSteps = 150_000
/** A table larger than this is begun anew. */
const mostStates = 20_000
const mostFramesAndPlaces = 200_000
const doneRange = 2 ** 31

/**
 * Thrown while an answer is generated: one of the bounds above is passed, on depth, on readings at once or on steps
 * for one token.
 */
export class GrammarTooAmbiguous extends Error {}

/**
 * Gives states by `start` and leads from state to state by a byte (`after`) or a control token (`afterToken`).
 * Between two tokens, `allowSteps` renews the bound on work and `moved` keeps the table within its bounds.
 */
export class GrammarStates {
  readonly #network: GrammarNetwork
  readonly #spelling: (token: number) => string
  #space: Space
  #steps = 0

  /** @param spelling of a control token. */
  constructor(network: GrammarNetwork, spelling: (token: number) => string) {
    this.#network = network
    this.#spelling = spelling
    this.#space = newSpace()
  }

  start(): GrammarState {
    this.allowSteps()
    this.#space = isFull(this.#space) ? newSpace() : this.#space
    return this.#settle([[this.#network.start, this.#space.bottom]], this.#space)!
  }

  /** To be called for each token: what is looked at from here on has a bound of its own. */
  allowSteps(): void {
    this.#steps = mostSteps
  }

  /** The state after one more byte; null when no text goes on like that. @throws GrammarTooAmbiguous */
  after(state: GrammarState, byte: number): GrammarState | null {
    const known = state.next[byte]
    if (known !== undefined) return known
    const targets: Target[] = []
    for (const { node, frame } of state.places) {
      if (node.kind !== 'bytes') continue
      for (const { low, high, next } of node.edges)
        if (low <= byte && byte <= high) targets.push([next, frame])
    }
    const next = this.#settle(targets, state.space)
    state.next[byte] = next
    return next
  }

  /**
   * The state after a control token.
   *
   * @param isText it may stand in any text, where it has no letters. The end of a turn may not.
   */
  afterToken(state: GrammarState, token: number, isText: boolean): GrammarState | null {
    const known = state.afterToken.get(token)
    if (known !== undefined) return known
    const targets: Target[] = []
    for (const { node, frame } of state.places) {
      if (node.kind === 'token' && node.token === token) targets.push([node.next, frame])
      else if (
        isText &&
        node.kind === 'bytes' &&
        node.until !== null &&
        !node.until.texts.has(this.#spelling(token))
      ) {
        targets.push([node.until.start, frame])
      }
    }
    const next = this.#settle(targets, state.space)
    state.afterToken.set(token, next)
    return next
  }

  /** The same state in a table that has room again; to be called between two tokens. */
  moved(state: GrammarState): GrammarState {
    if (!isFull(state.space)) return state
    if (isFull(this.#space)) this.#space = newSpace()
    const space = this.#space
    return this.#settle(
      state.places.map(({ node, frame }) => [node, copied(frame, space.bottom)]),
      space,
    )!
  }

  /** Follows everything that takes no byte. Null when nothing is left. */
  #settle(targets: Target[], space: Space): GrammarState | null {
    const found = new Map<number, Place>()
    const entered = new Set<Frame>()
    const seen = new Map<Frame, Set<Node>>()
    for (let target = targets.pop(); target !== undefined; target = targets.pop()) {
      const [node, frame] = target
      this.#steps--
      if (node.height + frame.depth > mostDepth) continue
      let nodes = seen.get(frame)
      if (nodes === undefined) seen.set(frame, (nodes = new Set()))
      if (nodes.has(node)) continue
      nodes.add(node)
      switch (node.kind) {
        case 'split':
          for (const next of node.next) targets.push([next, frame])
          break
        case 'call':
          targets.push([
            this.#network.startOf(node.rule),
            // What is followed by the end of its own rule needs no way back to there.
            node.next.kind === 'end' ? frame : frameAbove(frame, node, 0, space),
          ])
          break
        case 'count':
          if (node.least === 0) targets.push([node.next, frame])
          this.#repeat(node, 0, frame, { targets, entered, space })
          break
        case 'end':
          if (frame.node === null) keep(node, frame, found, space)
          else this.#return(frame, { targets, entered, space })
          break
        case 'bytes':
        case 'token':
          keep(node, frame, found, space)
          break
        default:
          node satisfies never
      }
      if (found.size > mostPlaces || seen.size > 4 * mostPlaces || this.#steps < 0) {
        throw new GrammarTooAmbiguous('what the answer may look like has too many readings')
      }
    }
    return stateOf([...found.values()], space)
  }

  #return(frame: Frame, closure: Closure): void {
    const { node, done } = frame
    const parent = frame.parent!
    if (node!.kind === 'call') {
      closure.targets.push([node!.next, parent])
    } else if (node!.kind === 'count') {
      const { least, most, next, mayBeEmpty } = node!
      // Perhaps nothing was read since it was entered. As it could end at once, and is begun anew, nothing is lost.
      if (mayBeEmpty && closure.entered.has(frame)) return
      const times = most === null ? Math.min(done + 1, least) : done + 1
      if (times >= least) closure.targets.push([next, parent])
      if (most === null || times < most) this.#repeat(node!, times, parent, closure)
    }
  }

  #repeat(
    node: Extract<Node, { kind: 'count' }>,
    done: number,
    parent: Frame,
    { targets, entered, space }: Closure,
  ): void {
    const frame = frameAbove(parent, node, done, space)
    entered.add(frame)
    targets.push([node.body, frame])
  }
}

type Target = readonly [Node, Frame]

interface Closure {
  readonly targets: Target[]
  /** Repetitions that began since the last byte. */
  readonly entered: Set<Frame>
  readonly space: Space
}

function newSpace(): Space {
  return { bottom: newFrame(null, 0, null), states: new Map(), places: 0 }
}

function isFull({ states, places }: Space): boolean {
  return states.size > mostStates || places > mostFramesAndPlaces
}

function newFrame(node: Node | null, done: number, parent: Frame | null): Frame {
  const depth = parent === null ? 0 : parent.depth + 1
  return { node, done, parent, depth, above: new Map(), places: new Map() }
}

function frameAbove(parent: Frame, node: Node, done: number, space: Space): Frame {
  const key = node.id * doneRange + done
  let frame = parent.above.get(key)
  if (frame === undefined) {
    parent.above.set(key, (frame = newFrame(node, done, parent)))
    space.places++
  }
  return frame
}

function copied(frame: Frame, bottom: Frame): Frame {
  const frames: Frame[] = []
  for (let at: Frame = frame; at.parent !== null; at = at.parent) frames.push(at)
  return frames.reduceRight((parent, { node, done }) => {
    const key = node!.id * doneRange + done
    let above = parent.above.get(key)
    if (above === undefined) parent.above.set(key, (above = newFrame(node, done, parent)))
    return above
  }, bottom)
}

function keep(node: Node, frame: Frame, found: Map<number, Place>, space: Space): void {
  let place = frame.places.get(node.id)
  if (place === undefined) frame.places.set(node.id, (place = { id: space.places++, node, frame }))
  found.set(place.id, place)
}

function stateOf(places: Place[], space: Space): GrammarState | null {
  if (places.length === 0) return null
  places.sort((one, other) => one.id - other.id)
  const key = places.map(({ id }) => id).join(',')
  let state = space.states.get(key)
  if (state === undefined) {
    const complete = places.some(({ node }) => node.kind === 'end')
    state = {
      places,
      complete,
      finished: complete && places.length === 1,
      next: [],
      afterToken: new Map(),
      space,
      mask: null,
    }
    space.states.set(key, state)
  }
  return state
}
