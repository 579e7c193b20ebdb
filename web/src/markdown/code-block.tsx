import { memo } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'
import type { Token } from './token.ts'
import { useHighlighted } from './use-highlighted.ts'

export interface CodeBlockProps {
  readonly code: string
  /** The word after the fence, as the model wrote it; may be anything. */
  readonly language: string
}

/** A block of code with its language and a copy button. */
export function CodeBlock({ code, language }: CodeBlockProps) {
  const lines = useHighlighted(code, language)
  const name = language.slice(0, 24)
  return (
    <figure dir="ltr" className="overflow-hidden rounded-xl border border-line bg-code text-start">
      <figcaption className="flex items-center justify-between border-b border-line py-0.5 pr-1 pl-4 text-xs text-faint">
        <span className="truncate font-mono">{name === '' ? 'text' : name}</span>
        <CopyButton label="Copy code" text={() => code} />
      </figcaption>
      {/* Reachable by keyboard, for it may scroll sideways. */}
      <pre
        tabIndex={0}
        aria-label={name === '' ? 'Code' : `Code, ${name}`}
        className="overflow-x-auto p-4 text-[0.9375rem] leading-[1.6] -outline-offset-2"
      >
        <code>
          {lines.map((line, index) => (
            // A line is nothing but its place: code only ever grows at its end.
            // oxlint-disable-next-line react/no-array-index-key
            <Line key={index} tokens={line} last={index === lines.length - 1} />
          ))}
        </code>
      </pre>
    </figure>
  )
}

const Line = memo(function Line({
  tokens,
  last,
}: {
  readonly tokens: readonly Token[]
  readonly last: boolean
}) {
  return (
    <>
      {tokens.map(({ text, kind }, index) =>
        kind === null ? (
          text
        ) : (
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={`token-${kind}`}>
            {text}
          </span>
        ),
      )}
      {last ? null : '\n'}
    </>
  )
})
