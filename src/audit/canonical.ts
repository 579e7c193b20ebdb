/** JSON that is written one way only, so that the same value has the same hash: keys in order, no spaces. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = value as Record<string, unknown>
  const written: string[] = []
  for (const name of Object.keys(fields).sort()) {
    if (fields[name] !== undefined) written.push(`${JSON.stringify(name)}:${canonical(fields[name])}`)
  }
  return `{${written.join(',')}}`
}
