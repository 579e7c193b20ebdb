import { Mark } from '../ui/mark.tsx'

const suggestions = [
  { title: 'Explain', text: 'Explain how a language model chooses its next word, with an example.' },
  {
    title: 'Write code',
    text: 'Write a Python function that finds the longest palindrome in a text, with tests.',
  },
  { title: 'Compare', text: 'Compare SQLite and PostgreSQL in a table: setup, concurrency, size, backups.' },
  { title: 'Find words', text: 'Help me decline an invitation kindly, in three sentences.' },
] as const

export interface EmptyStateProps {
  readonly ready: boolean
  readonly onAsk: (text: string) => void
}

/** A chat before its first word. */
export function EmptyState({ ready, onAsk }: EmptyStateProps) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="safe-x mx-auto flex min-h-full max-w-[48rem] flex-col justify-center py-8 motion-safe:animate-rise">
        <Mark className="size-11" />
        <h1 className="mt-4 font-serif text-[1.75rem] leading-tight font-semibold tracking-tight text-balance sm:text-4xl">
          What would you like to know?
        </h1>
        <ul className="mt-7 grid gap-2.5 sm:grid-cols-2" aria-label="Suggestions">
          {suggestions.map(({ title, text }) => (
            <li key={title}>
              <button
                type="button"
                disabled={!ready}
                onClick={() => onAsk(text)}
                className="h-full w-full rounded-2xl border border-line px-4 py-3 text-start transition-colors hover:bg-hover disabled:opacity-60"
              >
                <span className="block text-sm font-medium">{title}</span>
                <span className="mt-0.5 line-clamp-2 block text-sm text-soft">{text}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
