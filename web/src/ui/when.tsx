/** A moment as people write it here. */
export function momentText(at: number | string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}

/** The same on the page; the exact one is in its title. */
export function When({ at }: { readonly at: number | string }) {
  const exact = new Date(at).toISOString()
  return (
    <time dateTime={exact} title={exact} className="whitespace-nowrap">
      {momentText(at)}
    </time>
  )
}
