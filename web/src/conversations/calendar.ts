const day = 86_400_000

/** The heading under which a conversation stands in the list. */
export function ageGroup(at: number, now: number): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  if (at >= midnight) return 'Today'
  if (at >= midnight - day) return 'Yesterday'
  if (at >= midnight - 7 * day) return 'Last 7 days'
  if (at >= midnight - 30 * day) return 'Last 30 days'
  return new Date(at).toLocaleDateString(undefined, { month: 'long', year: 'numeric' })
}
