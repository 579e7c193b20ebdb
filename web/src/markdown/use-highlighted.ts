import { useEffect, useRef, useState } from 'react'
import { highlighter, type Lines } from './highlighter.ts'
import { languageNamed } from './languages.ts'

interface Highlighted {
  readonly code: string
  readonly lines: Lines
}

/**
 * Lines of `code` in colours. While code is still being written, lines that were coloured stay, and only what came after
 * is plain; the newest text is coloured as soon as the worker is free.
 */
export function useHighlighted(code: string, language: string): Lines {
  const [highlighted, setHighlighted] = useState<Highlighted | null>(null)
  const newest = useRef({ code, language })
  const busy = useRef(false)
  const gone = useRef(false)
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
    }
  }, [])
  useEffect(() => {
    newest.current = { code, language }
    if (busy.current || languageNamed(language) === null) return
    busy.current = true
    void catchUp(newest, gone, setHighlighted).finally(() => {
      busy.current = false
    })
  }, [code, language])
  return withPlainRest(highlighted, code)
}

async function catchUp(
  newest: { readonly current: { code: string; language: string } },
  gone: { readonly current: boolean },
  show: (highlighted: Highlighted) => void,
): Promise<void> {
  for (;;) {
    const { code, language } = newest.current
    const lines = await highlighter.highlight(code, language)
    if (gone.current) return
    if (lines !== null) show({ code, lines })
    if (newest.current.code === code) return
  }
}

/** Coloured lines as far as they still say what `code` says, plain ones after that. */
export function withPlainRest(highlighted: Highlighted | null, code: string): Lines {
  if (highlighted?.code === code) return highlighted.lines
  // The last coloured line may have grown: it is plain again until its turn comes.
  const kept = highlighted !== null && code.startsWith(highlighted.code) ? highlighted.lines.slice(0, -1) : []
  const rest = code.split('\n').slice(kept.length)
  return [...kept, ...rest.map((text) => [{ text, kind: null }])]
}
