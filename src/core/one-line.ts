/** Lines that people write and others read: a name, a reason. */

/** What a terminal or a page could take for more than text. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

/** A text as one line, trimmed and composed (NFC), and what is wrong with it; null when nothing is. */
export function oneLine(text: string, mostCharacters: number): { line: string; problem: string | null } {
  const line = text.trim().normalize('NFC')
  if (line === '') return { line, problem: 'it is empty' }
  if (line.length > mostCharacters) return { line, problem: `it is longer than ${mostCharacters} characters` }
  return { line, problem: unseen.test(line) ? 'it has characters that cannot be seen' : null }
}
