import type { Ability, ServedModel } from '../../core/engine.ts'
import { dialects, kindOwnedBy, type Dialect, type Kind } from './dialect.ts'
import type { ListedModel } from './health.ts'

export interface CatalogueOptions {
  /** Our names → its names; empty means that it is asked. */
  readonly names: ReadonlyMap<string, string>
  readonly abilities: readonly Ability[]
  /** What to tell of the length of contexts; 0 asks. */
  readonly contextTokens: number
  readonly now: () => number
}

/** Told of a model whose server says nothing; the server still refuses what is too long by itself. */
const usualContext = 8192

interface Found {
  readonly model: ServedModel
  /** What the upstream calls it. */
  readonly theirs: string
}

/** The models of an upstream: those that the operator named, or all that it tells of. */
export class Catalogue {
  readonly #options: CatalogueOptions
  #owner: string | undefined
  #found: ReadonlyMap<string, Found>
  #models: readonly ServedModel[] = []

  constructor(options: CatalogueOptions) {
    this.#options = options
    this.#found = new Map()
    this.#fill([...options.names].map(([id, theirs]) => this.#entry(id, theirs, undefined)))
  }

  models(): readonly ServedModel[] {
    return this.#models
  }

  find(id: string): Found | null {
    return this.#found.get(id) ?? null
  }

  /** What it understands; a server that has not been reached is taken to know OpenAI's parameters only. */
  dialect(kind: Kind | 'auto'): Dialect {
    return dialects[kind === 'auto' ? kindOwnedBy(this.#owner) : kind]
  }

  learn(listed: readonly ListedModel[]): void {
    const { names } = this.#options
    this.#owner = listed[0]?.owned_by ?? undefined
    const byName = new Map(listed.map((model) => [model.id, model]))
    const wanted = names.size > 0 ? [...names] : listed.map(({ id }) => [id, id] as const)
    this.#fill(wanted.map(([id, theirs]) => this.#entry(id, theirs, byName.get(theirs))))
  }

  #entry(id: string, theirs: string, listed: ListedModel | undefined): Found {
    const { abilities, contextTokens, now } = this.#options
    const told = listed?.max_model_len ?? listed?.context_tokens ?? listed?.meta?.n_ctx ?? usualContext
    const created = listed?.created
    const model: ServedModel = {
      id,
      digest: listed?.digest ?? null,
      contextTokens: contextTokens === 0 ? told : contextTokens,
      licence: listed?.licence ?? null,
      abilities: listed?.abilities ?? abilities,
      createdAt: this.#found.get(id)?.model.createdAt ?? (created == null ? now() : created * 1000),
    }
    return { model, theirs }
  }

  #fill(found: readonly Found[]): void {
    this.#found = new Map(found.map((entry) => [entry.model.id, entry]))
    this.#models = found.map(({ model }) => model)
  }
}
