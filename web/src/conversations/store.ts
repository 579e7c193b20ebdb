import type { Archive } from './archive.ts'
import { readConversation, type Conversation } from './conversation.ts'
import { reduce, type Action, type Conversations } from './reducer.ts'

/** How well conversations are kept: `failing` when the browser refused the last attempt, as it does when it is full. */
export type Keeping = 'durable' | 'memory' | 'failing'

export interface StoreState {
  readonly conversations: Conversations
  readonly loaded: boolean
  readonly keeping: Keeping
  /** Stored conversations that cannot be read. They are left as they are. */
  readonly damaged: number
}

/** While an answer grows, it is put into the archive this often (milliseconds), so that a crash costs little of it. */
const growthInterval = 1000

/**
 * The conversations of this browser: memory is the truth that the page shows, the archive follows it. Writes go one
 * after the other, and always write the newest state.
 */
export class ConversationStore {
  #state: StoreState
  readonly #archive: Archive
  readonly #listeners = new Set<() => void>()
  /** Ids whose newest state is not in the archive yet. */
  readonly #unsaved = new Set<string>()
  #saving: Promise<void> = Promise.resolve()
  #growthTimer: ReturnType<typeof setTimeout> | null = null

  constructor(archive: Archive) {
    this.#archive = archive
    this.#state = {
      conversations: {},
      loaded: false,
      keeping: archive.durable ? 'durable' : 'memory',
      damaged: 0,
    }
    archive.onForeignChange((id) => void this.#readAgain(id))
  }

  readonly state = (): StoreState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads everything that earlier visits left. */
  async load(): Promise<void> {
    const stored = await this.#archive.all().catch(() => null)
    const read = (stored ?? []).map(readConversation)
    const conversations = read.filter((one) => one !== null)
    this.#set({
      conversations: reduce(this.#state.conversations, { type: 'arrived', conversations }),
      loaded: true,
      damaged: read.length - conversations.length,
      ...(stored === null ? { keeping: 'failing' } : {}),
    })
  }

  dispatch(action: Action): void {
    const conversations = reduce(this.#state.conversations, action)
    if (conversations === this.#state.conversations) return
    this.#set({ conversations })
    for (const id of idsOf(action)) this.#unsaved.add(id)
    if (action.type !== 'answer-grew') void this.save()
    else this.#growthTimer ??= setTimeout(() => void this.save(), growthInterval)
  }

  /** Resolved when the archive has everything that was there at the call, or has refused it. */
  save(): Promise<void> {
    if (this.#growthTimer !== null) clearTimeout(this.#growthTimer)
    this.#growthTimer = null
    this.#saving = this.#saving.then(() => this.#saveAll())
    return this.#saving
  }

  async deleteAll(): Promise<void> {
    for (const id of Object.keys(this.#state.conversations)) this.dispatch({ type: 'deleted', id })
    await this.save()
    await this.#archive.clear()
    this.#set({ damaged: 0 })
  }

  async #saveAll(): Promise<void> {
    const ids = [...this.#unsaved]
    this.#unsaved.clear()
    for (const id of ids) {
      const conversation = this.#state.conversations[id]
      try {
        if (conversation === undefined) await this.#archive.remove(id)
        else await this.#archive.put(id, conversation)
        this.#keeping(this.#archive.durable ? 'durable' : 'memory')
      } catch {
        // Tried again with the next change.
        this.#unsaved.add(id)
        this.#keeping('failing')
      }
    }
  }

  async #readAgain(id: string): Promise<void> {
    if (this.#unsaved.has(id) || isAnswering(this.#state.conversations[id])) return
    const stored = await this.#archive.get(id).catch(() => null)
    if (stored === null) return
    const conversation = readConversation(stored)
    const action: Action =
      conversation === null ? { type: 'deleted', id } : { type: 'arrived', conversations: [conversation] }
    this.#set({ conversations: reduce(this.#state.conversations, action) })
  }

  #keeping(keeping: Keeping): void {
    if (keeping !== this.#state.keeping) this.#set({ keeping })
  }

  #set(change: Partial<StoreState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}

/** Whether an answer of this conversation is being made, in this tab. */
export function isAnswering(conversation: Conversation | undefined): boolean {
  return Object.values(conversation?.messages ?? {}).some(
    (message) => message.role === 'assistant' && message.state === 'streaming',
  )
}

function idsOf(action: Action): readonly string[] {
  if (action.type === 'arrived') return action.conversations.map(({ id }) => id)
  return [action.type === 'created' ? action.conversation.id : action.id]
}
