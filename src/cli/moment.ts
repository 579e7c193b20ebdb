import { elpisError } from '../errors.ts'

const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const

/**
 * A time as people type it: so long ago (`15m`, `24h`, `7d`, `4w`), a day (`2026-11-01`, universal time) or a whole ISO
 * 8601 time. Epoch milliseconds.
 *
 * @throws `usage` naming the option
 */
export function momentOf(option: string, text: string, now: number): number {
  const [, number, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  if (number !== undefined) return now - Number(number) * units[unit as keyof typeof units]
  const time = /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(time)) return time
  throw elpisError('usage', {
    problem: `${option} ${text} is no time.`,
    suggestion: 'Say how long ago, such as 24h or 7d, or a day, such as 2026-11-01.',
  })
}
