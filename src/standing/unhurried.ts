import { setTimeout as pause } from 'node:timers/promises'

/** How many times as long as a step took is rested after it. */
const rests = 3
/** A step that had to wait for others says nothing about how long it keeps others waiting. */
const longestRest = 100

/** Whether to go on with what nobody waits for. */
export type Going = () => boolean

/**
 * Work that nobody waits for, in short steps with rests between them: most of the time the store is free for what
 * somebody does wait for, above all for bans.
 *
 * @param step one short step; false when it was the last
 */
export async function unhurried(going: Going, step: () => Promise<boolean>): Promise<void> {
  while (going()) {
    const begun = performance.now()
    if (!(await step())) return
    await pause(Math.min(longestRest, rests * (performance.now() - begun)))
  }
}
