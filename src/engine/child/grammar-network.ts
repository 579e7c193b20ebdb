/**
 * A grammar as a network of nodes that are gone through byte by byte, with a stack for rules that stand in rules. Nodes
 * are made when they are first reached: of a large grammar, an answer sees a small part.
 */
import type { Grammar, Rule } from '../grammar/grammar.ts'
import { heightsOf } from './grammar-heights.ts'
import { byteTree, type ByteTree, literalTree } from './grammar-bytes.ts'
import { untilStates } from './grammar-until.ts'

export interface Edge {
  readonly low: number
  readonly high: number
  readonly next: Node
}

interface NodeBase {
  readonly id: number
  /** The least depth of stack that it takes to get from here to the end of the rule; Infinity: there is no way. */
  readonly height: number
}

export type Node =
  | (NodeBase & {
      readonly kind: 'bytes'
      readonly edges: readonly Edge[]
      /** Where a control token leads; null when none may come. */
      readonly until: { readonly start: Node; readonly texts: ReadonlySet<string> } | null
    })
  | (NodeBase & { readonly kind: 'split'; readonly next: readonly Node[] })
  | (NodeBase & { readonly kind: 'call'; readonly rule: string; readonly next: Node })
  | (NodeBase & {
      readonly kind: 'count'
      readonly body: Node
      /** The body may be empty; then `least` is 0. */
      readonly mayBeEmpty: boolean
      readonly least: number
      readonly most: number | null
      readonly next: Node
    })
  | (NodeBase & { readonly kind: 'token'; readonly token: number; readonly next: Node })
  /** The end of a rule. */
  | (NodeBase & { readonly kind: 'end' })

type Made<Kind extends Node['kind']> = Omit<Extract<Node, { kind: Kind }>, 'id' | 'kind'>

/** Larger grammars than any that is made here. */
const mostNodes = 2_000_000
const mostCount = 2 ** 31 - 1

/** Thrown while an answer is generated: what was reached of the grammar takes more than 2,000,000 nodes. */
export class GrammarTooLarge extends Error {}

/**
 * Gives the node where a rule begins (`start`, `startOf`) and the one where the answer ends (`end`); edges lead on
 * from there.
 *
 * @throws GrammarTooLarge when nodes are made
 */
export class GrammarNetwork {
  readonly end: Node
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #heights: ReadonlyMap<string, number>
  readonly #starts = new Map<string, Node>()
  readonly #controlToken: (text: string) => number | null
  #nodes = 0

  /** @param controlToken the control token that is spelled so; null when there is none. */
  constructor(grammar: Grammar, controlToken: (text: string) => number | null) {
    this.#rules = new Map([...Object.entries(grammar.rules), [rootName, grammar.root]])
    this.#heights = heightsOf(this.#rules)
    this.#controlToken = controlToken
    this.end = this.#make('end', { height: 0 })
  }

  get start(): Node {
    return this.startOf(rootName)
  }

  /** Where the rule of that name begins. */
  startOf(name: string): Node {
    let start = this.#starts.get(name)
    if (start === undefined) {
      const rule = this.#rules.get(name)
      start = rule === undefined ? this.#split([]) : this.#build(rule, this.end)
      this.#starts.set(name, start)
    }
    return start
  }

  #build(rule: Rule, next: Node): Node {
    switch (rule.kind) {
      case 'literal':
        return this.#fromTree(literalTree([rule.text]), next)
      case 'characters':
        return this.#fromTree(byteTree(rule.ranges), next)
      case 'sequence':
        return rule.rules.reduceRight((following, part) => this.#build(part, following), next)
      case 'choice':
        return this.#choice(rule.rules, next)
      case 'repeat':
        return this.#repeat(rule.rule, rule.least, rule.most, next)
      case 'reference': {
        const own = this.#heights.get(rule.name) ?? Infinity
        const height = next === this.end ? own : Math.max(own + 1, next.height)
        return this.#make('call', { rule: rule.name, next, height })
      }
      case 'until':
        return this.#until(rule.texts, next)
      case 'token': {
        const token = this.#controlToken(rule.text)
        if (token === null) return this.#build({ kind: 'literal', text: rule.text }, next)
        return this.#make('token', { token, next, height: next.height })
      }
      default:
        return rule satisfies never
    }
  }

  #choice(rules: readonly Rule[], next: Node): Node {
    const literals = rules.filter((rule) => rule.kind === 'literal')
    const others = rules.filter((rule) => rule.kind !== 'literal').map((rule) => this.#build(rule, next))
    // Written as one tree, a thousand values are one place to be at, not a thousand.
    if (literals.length > 0) others.push(this.#fromTree(literalTree(literals.map(({ text }) => text)), next))
    return others.length === 1 ? others[0]! : this.#split(others)
  }

  #repeat(rule: Rule, least: number, most: number | null, next: Node): Node {
    if (most !== null && most <= 1) {
      if (most === 0) return next
      const once = this.#build(rule, next)
      return least === 0 ? this.#split([once, next]) : once
    }
    if (most === null && least <= 1) {
      const alternatives: Node[] = []
      const loop = this.#make('split', { next: alternatives, height: next.height })
      const again = this.#build(rule, loop)
      alternatives.push(again, next)
      return least === 0 ? loop : again
    }
    const body = this.#build(rule, this.end)
    const bounded = most === null ? null : Math.min(most, mostCount)
    // What can be empty can be repeated often enough without a character.
    const mayBeEmpty = this.#canBeEmpty(body)
    const needed = mayBeEmpty ? 0 : least
    const height = needed === 0 ? next.height : Math.max(next.height, body.height + 1)
    return this.#make('count', { body, mayBeEmpty, least: needed, most: bounded, next, height })
  }

  /** Whether the end can be reached without a byte. */
  #canBeEmpty(start: Node): boolean {
    const seen = new Set<Node>()
    const stack = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      if (node.kind === 'end') return true
      if (node.kind === 'split') stack.push(...node.next)
      if (node.kind === 'count' && node.least === 0) stack.push(node.next)
      if (node.kind === 'call' && this.#canBeEmpty(this.startOf(node.rule))) stack.push(node.next)
    }
    return false
  }

  #until(texts: readonly string[], next: Node): Node {
    const states = untilStates(texts)
    if (states === null) return next
    const forbidden = new Set(texts)
    const edges: Edge[][] = states.map(() => [])
    const alternatives: Node[][] = states.map(() => [])
    const starts = alternatives.map((split) => this.#make('split', { next: split, height: next.height }))
    const until = { start: starts[0]!, texts: forbidden }
    for (const [index, ranges] of states.entries()) {
      const inside = this.#make('bytes', { edges: edges[index]!, until, height: next.height })
      alternatives[index]!.push(inside, next)
      for (const { low, high, state } of ranges) edges[index]!.push({ low, high, next: starts[state]! })
    }
    return starts[0]!
  }

  /** Nodes of a tree of bytes that end at `next`, equal subtrees made once. */
  #fromTree(tree: ByteTree, next: Node, made = new Map<ByteTree, Node>()): Node {
    const known = made.get(tree)
    if (known !== undefined) return known
    // As deep as the longest text, so not by recursion.
    const order: ByteTree[] = []
    const stack = [tree]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      order.push(top)
      for (const { tree: below } of top.branches) stack.push(below)
    }
    for (const each of order.toReversed()) {
      if (made.has(each)) continue
      const edges = each.branches.map(({ low, high, tree: below }) => ({ low, high, next: made.get(below)! }))
      const inside =
        edges.length === 0 ? [] : [this.#make('bytes', { edges, until: null, height: next.height })]
      made.set(
        each,
        each.ends
          ? inside.length === 0
            ? next
            : this.#split([...inside, next])
          : (inside[0] ?? this.#split([])),
      )
    }
    return made.get(tree)!
  }

  #split(next: readonly Node[]): Node {
    const height = next.reduce((least, node) => Math.min(least, node.height), Infinity)
    return this.#make('split', { next, height })
  }

  #make<Kind extends Node['kind']>(kind: Kind, content: Made<Kind>): Node {
    if (this.#nodes >= mostNodes) throw new GrammarTooLarge('the grammar of the answer is too large')
    return { kind, id: this.#nodes++, ...content } as unknown as Node
  }
}

/** No other rule is called so. */
const rootName = '\0root'
