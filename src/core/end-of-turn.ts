const waiting: (() => void)[] = []

/**
 * Runs `work` at the end of this turn of the loop, in one go with all else that was left for it: what several parts of a
 * request then ask of the storage goes to it as one message, and into one commit.
 */
export function atEndOfTurn(work: () => void): void {
  waiting.push(work)
  if (waiting.length === 1) setImmediate(run)
}

function run(): void {
  // Each a microtask of its own: one that throws keeps no other from being done, in this turn still.
  for (const work of waiting.splice(0)) queueMicrotask(work)
}
