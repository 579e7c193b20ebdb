/** JSON that is written one way only, so that the same value has the same hash: keys in order, no spaces. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null'
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (value instanceof Written) return value.text
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = value as Record<string, unknown>
  let written = ''
  for (const name of Object.keys(fields).sort()) {
    const field = fields[name]
    if (field === undefined) continue
    written += `${written === '' ? '' : ','}${quoted(name)}${canonical(field)}`
  }
  return `{${written}}`
}

/** A value that was written canonically already, so that nothing is written twice. */
export class Written {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const mostNames = 1000
const names = new Map<string, string>()

/** A name as JSON, with its colon. Most names are ours, and come again with every entry. */
function quoted(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const written = `${JSON.stringify(name)}:`
  if (names.size < mostNames) names.set(name, written)
  return written
}
