import { Component, useMemo, type ReactNode } from 'react'
import { Streamdown } from 'streamdown'
import { elements } from './elements.tsx'
import { visibleText } from './visible-text.ts'

/** Markdown longer than this (characters) is shown as plain text: nobody reads it, and parsing it would hold up the page. */
const longest = 200_000

export interface MarkdownProps {
  readonly text: string
  /** More is coming: open marks are closed for the moment. */
  readonly growing: boolean
}

/**
 * A model's Markdown. HTML in it is shown as the text that it is: without the plugin that parses it (none is given here),
 * it never becomes elements.
 */
export function Markdown({ text, growing }: MarkdownProps) {
  const shown = useMemo(() => visibleText(text), [text])
  if (shown.length > longest) return <PlainText text={shown} />
  return (
    <PlainWhenBroken text={shown}>
      <Streamdown
        className="answer"
        dir="auto"
        components={elements}
        rehypePlugins={noPlugins}
        controls={false}
        parseIncompleteMarkdown={growing}
        // It renders again at the end only if something else than the former has changed.
        isAnimating={growing}
      >
        {shown}
      </Streamdown>
    </PlainWhenBroken>
  )
}

const noPlugins: [] = []

function PlainText({ text }: { readonly text: string }) {
  return (
    <p dir="auto" className="answer whitespace-pre-wrap">
      {text}
    </p>
  )
}

interface PlainWhenBrokenProps {
  readonly text: string
  readonly children: ReactNode
}

/** Text that breaks the parser, such as quotes nested ten thousand deep, is still text. */
class PlainWhenBroken extends Component<PlainWhenBrokenProps, { broken: boolean }> {
  static getDerivedStateFromError() {
    return { broken: true }
  }

  override state = { broken: false }

  override render() {
    return this.state.broken ? <PlainText text={this.props.text} /> : this.props.children
  }
}
