/** What Ctrl-C and SIGTERM mean to a command. */
export interface Interruption {
  /** Aborted by the first. */
  readonly signal: AbortSignal
  /** Aborted by the second that a person means. A command that does not ask for this is ended by it. */
  readonly hurry: () => AbortSignal
}

/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const sameInterruptionMilliseconds = 1000
/** What a shell reports for a command that SIGINT ended. */
const interruptedExitCode = 130

/**
 * Listens from now on and never stops: between the removal of the last listener and the next one a signal has its
 * default effect and kills the process, and npm's copy of a Ctrl-C arrives in just that moment.
 */
export function listenForInterruption(): Interruption {
  const first = new AbortController()
  const second = new AbortController()
  let since = 0
  let patient = false
  const interrupt = (name: NodeJS.Signals) => {
    if (!first.signal.aborted) {
      since = performance.now()
      first.abort(name)
    } else if (performance.now() - since > sameInterruptionMilliseconds) {
      if (!patient || second.signal.aborted) process.exit(interruptedExitCode)
      second.abort(name)
    }
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt)
  return {
    signal: first.signal,
    hurry() {
      patient = true
      return second.signal
    },
  }
}
