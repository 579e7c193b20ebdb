/** What one check found. `warn`: things work, but something will not. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** What to do about it; null when nothing is to be done. */
  readonly advice: string | null
}

/** A check that passed. */
export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found, advice: null }
}

/** Something that works but should be looked at. */
export function warn(check: string, found: string, advice: string): Finding {
  return { check, state: 'warn', found, advice }
}

/** Something that keeps the server from working. */
export function fail(check: string, found: string, advice: string): Finding {
  return { check, state: 'fail', found, advice }
}
