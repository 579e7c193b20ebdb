import { Component, useMemo, type ComponentProps, type ReactNode } from 'react'
import { Block, Streamdown } from 'streamdown'
import { elements } from './elements.tsx'
import { usePaced } from './pace.ts'
import { visibleText } from './visible-text.ts'

/**
 * A paragraph, list or table longer than this (characters) is shown as plain text: the time that the parser takes grows
 * with the square of their length. Code is as long as it likes.
 */
const longestBlock = 16_000

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
  const paced = usePaced(text, growing)
  const shown = useMemo(() => visibleText(paced), [paced])
  if (shown.length > longest) return <PlainText text={shown} />
  return (
    <PlainWhenBroken text={shown}>
      <Streamdown
        className="answer"
        components={elements}
        BlockComponent={BoundedBlock}
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

function BoundedBlock(block: ComponentProps<typeof Block>) {
  const { content } = block
  if (content.length <= longestBlock || /^(?:`{3}|~{3})/u.test(content)) return <Block {...block} />
  return <PlainText text={content} />
}

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
