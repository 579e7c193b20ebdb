import { RE2JS } from 're2js'
import type { Detector, Span } from './finding.ts'

/**
 * An operator's own pattern, in a linear-time engine: whatever they write and whatever comes, no text makes it run away.
 * The engine is slow on long text (20–30 ms for 200,000 characters), so `literal`, where the pattern cannot match
 * without it, is looked for first.
 *
 * @param longest characters that a match spans at most; what may be a part of one is held back
 * @throws SyntaxError when the pattern is none
 */
export function patternDetector(
  name: string,
  { pattern, literal, longest }: { pattern: string; literal: string | null; longest: number },
): Detector {
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE)
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : String(error), { cause: error })
  }
  const needle = literal?.toLowerCase() ?? ''
  return {
    name,
    *find(text): Generator<Span> {
      if (needle !== '' && !text.toLowerCase().includes(needle)) return
      const matcher = compiled.matcher(text)
      while (matcher.find()) {
        if (matcher.end() > matcher.start()) yield { start: matcher.start(), end: matcher.end() }
      }
    },
    openFrom: (text) => Math.max(0, text.length - longest),
  }
}
