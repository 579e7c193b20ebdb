/** Whom something is against: by name where there is one, and by what it is called everywhere. */
export function TargetName({ target, name }: { readonly target: string; readonly name: string | null }) {
  return (
    <>
      {name === null ? null : <span className="font-medium break-words">{name}</span>}
      <span className="min-w-0 font-mono text-xs break-all">{target}</span>
    </>
  )
}
