/**
 * Colours code in a thread of its own: a hostile text that keeps a grammar's patterns busy costs this worker its life,
 * and the page nothing. Patterns run on the browser's own engine, for the policy forbids WebAssembly.
 */
import { createCssVariablesTheme, createHighlighterCore } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import { grammarOf } from './grammars.ts'
import { languageNamed } from './languages.ts'
import type { HighlightJob, HighlightResult, Token } from './token.ts'

// The theme names a variable for each kind; the page has a class for each instead, so that no style stands in the markup.
const theme = createCssVariablesTheme({ name: 'elpis', variablePrefix: '--', fontStyle: false })

const highlighter = createHighlighterCore({
  themes: [theme],
  langs: [],
  engine: createJavaScriptRegexEngine({ forgiving: true }),
})

globalThis.addEventListener('message', ({ data }: MessageEvent<HighlightJob>) => {
  void highlight(data).then((result) => globalThis.postMessage(result))
})

async function highlight({ id, code, language: name }: HighlightJob): Promise<HighlightResult> {
  const language = languageNamed(name)
  if (language === null) return { id, lines: null }
  try {
    const ready = await highlighter
    await ready.loadLanguage(...(await grammarOf(language)))
    const lines = ready.codeToTokensBase(code, { lang: language, theme: 'elpis' })
    return {
      id,
      lines: lines.map((line) =>
        joined(line.map(({ content, color }) => ({ text: content, kind: kindOf(color) }))),
      ),
    }
  } catch {
    return { id, lines: null }
  }
}

/** `var(--token-keyword)` → `keyword`; the foreground is no kind. */
function kindOf(color: string | undefined): string | null {
  const kind = color?.match(/^var\(--token-([a-z-]+)\)$/u)?.[1]
  return kind ?? null
}

/** Neighbours of one kind as one token: far fewer elements on the page. */
function joined(tokens: readonly Token[]): Token[] {
  const result: Token[] = []
  for (const token of tokens) {
    const last = result.at(-1)
    if (last?.kind === token.kind) result[result.length - 1] = { ...last, text: last.text + token.text }
    else result.push(token)
  }
  return result
}
