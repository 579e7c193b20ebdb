const longest = 60
/** A title stands within so many characters of the beginning, or nowhere. */
const farthest = 1000

export const untitled = 'New chat'

/** A title from the first question: its first line with words in it, without Markdown's marks, cut between words. */
export function titleFrom(text: string): string {
  const line = text
    .slice(0, farthest)
    .split('\n')
    .map((candidate) =>
      candidate
        .replace(/^\s*(?:#{1,6}|[-*+>]|\d+[.)]|`{3,}\w*)\s*/u, '')
        .replaceAll(/(\*\*|__|`+)(.+?)\1/gu, '$2')
        .replaceAll(/\s+/gu, ' ')
        .trim(),
    )
    .find((candidate) => /[\p{L}\p{N}]/u.test(candidate))
  if (line === undefined) return untitled
  const characters = Array.from(line)
  if (characters.length <= longest) return line
  const cut = characters.slice(0, longest).join('')
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > longest / 2 ? cut.slice(0, lastSpace) : cut).replace(/[\s,;:.]+$/u, '')}…`
}
