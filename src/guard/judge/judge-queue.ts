import { AccountTurns } from '../account-turns.ts'
import type { Task } from './judge-thread.ts'

/**
 * Passages that wait for the judge, where accounts take turns; what nobody's question or answer waits for comes after all
 * else. Bounded in all and for each account, so that nobody is refused because of one who asks much.
 */
export class JudgeQueue {
  /** What a thread that ended had been given: it had its turn. */
  #returned: Task[] = []
  readonly #live = new AccountTurns<Task>()
  readonly #later = new AccountTurns<Task>()

  /** @throws when there are too many */
  add(task: Task): void {
    const { account, later } = task.turn
    const turns = this.#turnsOf(task)
    const most = later ? bounds.later : bounds.live
    if (turns.size >= most || turns.sizeOf(account) >= most / 4)
      throw new Error('too many passages wait for the judge')
    turns.add(account, task)
  }

  /** What is to be judged next; undefined when nothing waits. */
  next(): Task | undefined {
    return this.#returned.shift() ?? this.#live.next() ?? this.#later.next()
  }

  /** @param tasks the oldest first */
  giveBack(tasks: readonly Task[]): void {
    this.#returned = [...tasks, ...this.#returned]
  }

  /** Nobody waits for it any more. */
  remove(task: Task): void {
    this.#turnsOf(task).remove(task.turn.account, task)
  }

  /** Takes out all that waits. */
  *drain(): Generator<Task> {
    for (let task = this.next(); task !== undefined; task = this.next()) yield task
  }

  #turnsOf({ turn }: Task): AccountTurns<Task> {
    return turn.later ? this.#later : this.#live
  }
}

/** Most passages that wait; of one account, a quarter of them. */
const bounds = { live: 4096, later: 1024 }
