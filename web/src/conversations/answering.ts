import type { Ask, Usage } from '../server/ask.ts'
import type { Problem } from '../server/problem.ts'
import {
  defaultSettings,
  type Answer,
  type ChatSettings,
  type Conversation,
  type UserMessage,
} from './conversation.ts'
import type { AnswerEnd } from './reducer.ts'
import type { ConversationStore } from './store.ts'
import { titleFrom } from './title.ts'
import { turnsBefore } from './turns.ts'

/** Words are handed to the page this often (milliseconds): smooth to the eye, and cheap at hundreds of tokens a second. */
const growthInterval = 40

/** What this page needs from the outside to ask. */
interface Surroundings {
  readonly ask: Ask
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly newId: () => string
  /** Called when the server does not know us any more. */
  readonly onSignedOut: () => void
}

/** Asks, and writes what comes back into the store, whichever conversation the reader looks at meanwhile. */
export class Answering {
  readonly #store: ConversationStore
  readonly #surroundings: Surroundings
  /** By conversation: each has at most one answer in the making. */
  readonly #running = new Map<string, AbortController>()

  constructor(store: ConversationStore, surroundings: Surroundings) {
    this.#store = store
    this.#surroundings = surroundings
  }

  /** A new conversation that begins with `text`. Returns its id. */
  begin(text: string, model: string, settings: ChatSettings = defaultSettings): string {
    const at = this.#surroundings.now()
    const conversation: Conversation = {
      id: this.#surroundings.newId(),
      title: titleFrom(text),
      createdAt: at,
      updatedAt: at,
      model,
      settings,
      messages: {},
      leaf: null,
    }
    this.#store.dispatch({ type: 'created', conversation })
    this.askAfter(conversation.id, null, text, model)
    return conversation.id
  }

  /** Asks `text` after the message named: the end of the branch, or earlier, which starts another branch. */
  askAfter(id: string, parent: string | null, text: string, model: string): void {
    const { newId, now } = this.#surroundings
    this.stop(id)
    const question: UserMessage = { role: 'user', id: newId(), parent, at: now(), text }
    const answer = this.#emptyAnswer(question.id, model)
    this.#store.dispatch({ type: 'asked', id, question, answer })
    void this.#run(id, answer)
  }

  /** Another answer to the question named; earlier ones stay beside it. */
  askAgain(id: string, question: string, model: string): void {
    this.stop(id)
    const answer = this.#emptyAnswer(question, model)
    this.#store.dispatch({ type: 'asked-again', id, answer })
    void this.#run(id, answer)
  }

  /** Ends what is being answered in this conversation; what is there stays. */
  stop(id: string): void {
    this.#running.get(id)?.abort()
  }

  stopAll(): void {
    for (const id of this.#running.keys()) this.stop(id)
  }

  async #run(id: string, answer: Answer): Promise<void> {
    const conversation = this.#store.state().conversations[id]
    if (conversation === undefined) return
    const { ask, now, onSignedOut } = this.#surroundings
    const stopping = new AbortController()
    this.#running.set(id, stopping)
    const words = new WordBuffer((text) =>
      this.#store.dispatch({ type: 'answer-grew', id, answer: answer.id, text }),
    )
    const progress = new Progress(answer.at, now)
    // The end is written at once, not when the connection has wound down: the reader pressed stop now.
    const end = () => {
      words.flush()
      this.#store.dispatch({ type: 'answer-ended', id, answer: answer.id, end: progress.end() })
    }
    stopping.signal.addEventListener('abort', end)
    const { settings } = conversation
    const question = {
      model: answer.model,
      turns: turnsBefore(conversation, answer.parent),
      sampling: settings,
    }
    for await (const event of ask(question, stopping.signal)) {
      if (stopping.signal.aborted) break
      switch (event.type) {
        case 'text':
          progress.text()
          words.push(event.text)
          break
        case 'finish':
          progress.finish = event.reason
          break
        case 'usage':
          progress.usage = event.usage
          break
        case 'problem':
          progress.problem = event.problem
          break
        default:
          event satisfies never
      }
    }
    if (!stopping.signal.aborted) end()
    if (this.#running.get(id) === stopping) this.#running.delete(id)
    if (progress.problem?.status === 401) onSignedOut()
  }

  #emptyAnswer(parent: string, model: string): Answer {
    const { newId, now } = this.#surroundings
    return {
      role: 'assistant',
      id: newId(),
      parent,
      at: now(),
      text: '',
      model,
      state: 'streaming',
      finish: null,
      usage: null,
      timing: null,
      problem: null,
    }
  }
}

/** What is known of an answer besides its text. */
class Progress {
  finish: string | null = null
  usage: Usage | null = null
  problem: Problem | null = null
  #firstTextMs: number | null = null
  readonly #startedAt: number
  readonly #now: () => number

  constructor(startedAt: number, now: () => number) {
    this.#startedAt = startedAt
    this.#now = now
  }

  text(): void {
    this.#firstTextMs ??= this.#now() - this.#startedAt
  }

  end(): AnswerEnd {
    const { finish, usage, problem } = this
    const timing = { firstTextMs: this.#firstTextMs, totalMs: this.#now() - this.#startedAt }
    // Without a reason to end, it was the reader who ended it.
    const state = problem !== null ? 'failed' : finish !== null ? 'done' : 'stopped'
    return { state, finish, usage, timing, problem }
  }
}

/** Joins words that come in quick succession. */
class WordBuffer {
  #text = ''
  #timer: ReturnType<typeof setTimeout> | null = null
  readonly #deliver: (text: string) => void

  constructor(deliver: (text: string) => void) {
    this.#deliver = deliver
  }

  push(text: string): void {
    this.#text += text
    this.#timer ??= setTimeout(() => this.flush(), growthInterval)
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const text = this.#text
    this.#text = ''
    if (text !== '') this.#deliver(text)
  }
}
