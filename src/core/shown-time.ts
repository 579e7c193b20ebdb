/** A time to the minute, in universal time: the same text wherever it is read. */
export function shownTime(at: number | string): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}

/** The same within a sentence, where it must say that it is universal time. */
export function saidTime(at: number | string): string {
  return `${shownTime(at)} UTC`
}
