/** What Markdown of a model becomes on the page. Nothing here loads, runs or leads anywhere by itself. */
import { ArrowUpRight, ImageOff } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import type { StreamdownProps } from 'streamdown'
import { owner, safeAddress } from './address.ts'
import { CodeBlock } from './code-block.tsx'

/** A node of the parsed text, as far as it matters here. */
interface Node {
  readonly type: string
  readonly value?: string
  readonly tagName?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly children?: readonly Node[]
}

function textOf(node: Node | undefined): string {
  if (node === undefined) return ''
  return node.value ?? (node.children ?? []).map(textOf).join('')
}

interface LinkProps extends ComponentProps<'a'> {
  readonly node?: unknown
}

/** Leads out in a new tab that knows nothing of this one. Whose address it is stands beside it, unless the text says so. */
function Link({ href, children, node }: LinkProps) {
  const url = safeAddress(href)
  if (url === null) return <span>{children}</span>
  const host = owner(url)
  const told = textOf(node as Node).includes(host)
  return (
    <a
      href={url.href}
      title={url.href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      className="rounded-sm text-accent underline decoration-1 underline-offset-3 hover:decoration-2"
    >
      {children}
      {told ? null : <span className="text-[0.8em] text-soft"> ({host})</span>}
      <ArrowUpRight aria-hidden className="inline size-[0.8em] align-baseline" />
      <span className="sr-only"> (opens in a new tab)</span>
    </a>
  )
}

/** Pictures are not loaded: their address would tell somebody who reads what, and when. */
function Picture({ src, alt }: ComponentProps<'img'>) {
  const description = alt === undefined || alt === '' ? 'no description' : alt
  return (
    <span className="inline-flex max-w-full items-center gap-1.5 rounded-md bg-bubble px-2 py-0.5 text-sm text-soft">
      <ImageOff aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0">
        Picture not loaded: <Link href={src?.toString()}>{description}</Link>
      </span>
    </span>
  )
}

function Preformatted({ node }: ComponentProps<'pre'> & { readonly node?: unknown }) {
  const code = (node as Node | undefined)?.children?.find((child) => child.tagName === 'code')
  const names = code?.properties?.['className']
  const name = (Array.isArray(names) ? names.map(String) : []).find((one) => one.startsWith('language-'))
  return (
    <CodeBlock code={textOf(code).replace(/\n$/u, '')} language={name?.slice('language-'.length) ?? ''} />
  )
}

function Table({ children }: ComponentProps<'table'>) {
  return (
    <div
      // It may scroll sideways, and the keyboard must get there.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label="Table"
      className="max-w-full overflow-x-auto rounded-xl border border-line"
    >
      <table>{children}</table>
    </div>
  )
}

/** The page has its own first and second level: a model's headings begin at the third. */
function heading(level: 1 | 2 | 3 | 4 | 5 | 6) {
  const Tag = `h${Math.min(6, level + 2)}` as 'h3' | 'h4' | 'h5' | 'h6'
  return function Heading({ children }: { readonly children?: ReactNode }) {
    return (
      <Tag dir="auto" className={`heading heading-${Math.min(level, 4)}`}>
        {children}
      </Tag>
    )
  }
}

/**
 * An element whose text decides by itself whether it runs from the right. (Streamdown's own way of finding out takes
 * seconds for some texts.)
 */
function directed(tag: 'p' | 'li' | 'blockquote' | 'th' | 'td') {
  const Tag = tag
  return function Directed({ children, className, style }: ComponentProps<'td'>) {
    // What a table says about its columns comes as a style.
    return (
      <Tag dir="auto" className={className} style={style}>
        {children}
      </Tag>
    )
  }
}

const plain = (tags: readonly (keyof React.JSX.IntrinsicElements)[]) =>
  Object.fromEntries(tags.map((tag) => [tag, tag]))

export const elements = {
  ...plain([
    'ul',
    'ol',
    'hr',
    'strong',
    'em',
    'del',
    'section',
    'sub',
    'sup',
    'code',
    'thead',
    'tbody',
    'tr',
  ]),
  p: directed('p'),
  li: directed('li'),
  blockquote: directed('blockquote'),
  th: directed('th'),
  td: directed('td'),
  a: Link,
  img: Picture,
  pre: Preformatted,
  table: Table,
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
  // Its type knows only components that take any property at all.
} as NonNullable<StreamdownProps['components']>
