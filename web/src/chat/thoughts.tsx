import { ChevronRight } from 'lucide-react'
import { Markdown } from '../markdown/markdown.tsx'

export interface ThoughtsProps {
  readonly text: string
  readonly thinking: boolean
}

/** What a reasoning model thought before it answered: there for whoever wants it. */
export function Thoughts({ text, thinking }: ThoughtsProps) {
  return (
    <details className="group/thoughts mb-4">
      <summary className="inline-flex min-h-8 cursor-pointer list-none items-center gap-1.5 rounded-lg text-sm text-soft hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open/thoughts:rotate-90" />
        <span className={thinking ? 'motion-safe:animate-breathe' : ''}>
          {thinking ? 'Thinking…' : 'Thoughts'}
        </span>
      </summary>
      <div className="mt-2 border-l-2 border-line pl-4 text-soft">
        <Markdown text={text} growing={thinking} />
      </div>
    </details>
  )
}
