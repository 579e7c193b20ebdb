const looks = {
  plain: 'bg-bubble text-soft',
  good: 'bg-tint text-accent',
  bad: 'bg-danger-tint text-danger',
} as const

/** A word about something, beside it. */
export function Badge({
  look = 'plain',
  children,
}: {
  readonly look?: keyof typeof looks
  readonly children: string
}) {
  return (
    <span
      className={`inline-block rounded-md font-sans px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${looks[look]}`}
    >
      {children}
    </span>
  )
}
