import type { Home, RunningServer } from '../support/elpis.ts'

/** What all scenes share: one home, and the server once a scene has started it. */
export interface Stage {
  readonly home: Home
  readonly modelPath: string
  server: RunningServer | null
  /** Shows a line of what is happening. */
  say(line: string): void
  /** Shows what was found; ends the tour with exit code 1 when it does not hold. */
  prove(claim: string, holds: boolean): void
}

/** One thing the product does, shown and proven. */
export interface Scene {
  readonly title: string
  play(stage: Stage): Promise<void>
}
