/**
 * Text from a model or from outside, safe to write to a terminal: control characters (escape sequences begin with one)
 * and characters that reorder what is read are shown as symbols instead of taking effect. Line ends and tabs stay.
 */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, (character) => {
    if (character === '\n' || character === '\t') return character
    const code = character.codePointAt(0) ?? 0
    // Unicode has a picture for each of the old control characters.
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\u{FFFD}'
  })
}
