import { CopyButton } from './copy-button.tsx'

/** Something that is shown this once. */
export function Secret({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <div role="status" className="mt-3 rounded-xl bg-tint px-4 py-3 text-sm">
      <p className="font-medium">{name}, shown this once:</p>
      <p className="mt-1 flex items-center gap-2">
        <code data-testid="secret" className="min-w-0 flex-1 font-mono text-xs break-all">
          {text}
        </code>
        <CopyButton label="Copy" text={() => text} />
      </p>
    </div>
  )
}
