import { hash } from 'node:crypto'
import { RecentMap } from '../../core/recent-map.ts'
import type { EngineRequest } from '../../core/request.ts'

/** Prefixes remembered, each some 150 bytes. */
const mostRemembered = 20_000
/** A shorter beginning is computed faster than a detour is worth. */
const shortestPrefix = 256

/**
 * Remembers which replica has read a conversation's beginning, so that the next turn finds it in that one's cache.
 * Beginnings are told apart by who may profit from each other's cache. Least recently used ones are forgotten first.
 */
export class Affinity<Place> {
  readonly #places = new RecentMap<string, Place>(mostRemembered)

  /** Beginnings of what is asked, shortest first; each is one message longer. */
  prefixesOf({ input, model, share }: Pick<EngineRequest, 'input' | 'model' | 'share'>): string[] {
    const pieces = piecesOf(input)
    let chain = JSON.stringify([share.cacheScope, model])
    let length = 0
    const prefixes: string[] = []
    for (const piece of pieces) {
      chain = hash('sha256', `${chain}\n${piece}`, 'base64url')
      length += piece.length
      if (length >= shortestPrefix) prefixes.push(chain)
    }
    return prefixes
  }

  /** Where the longest of these beginnings was read. */
  placeOf(prefixes: readonly string[]): Place | undefined {
    const known = prefixes.findLast((prefix) => this.#places.has(prefix))
    return known === undefined ? undefined : this.#places.peek(known)
  }

  remember(prefixes: readonly string[], place: Place): void {
    for (const prefix of prefixes) this.#places.set(prefix, place)
  }
}

function piecesOf(input: EngineRequest['input']): string[] {
  switch (input.kind) {
    case 'text':
      return [input.text]
    case 'tokens':
      return [input.tokens.join(' ')]
    case 'chat':
      return input.messages.map(({ role, content }) => `${role}\n${content}`)
    default:
      return input satisfies never
  }
}
