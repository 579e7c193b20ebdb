/** A moment as people write it here; the exact one is in its title. */
export function When({ at }: { readonly at: number | string }) {
  const time = new Date(at)
  return (
    <time dateTime={time.toISOString()} title={time.toISOString()} className="whitespace-nowrap">
      {time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}
    </time>
  )
}
