/**
 * Characters that change how text is shown without being seen: control characters, and those that turn the direction of
 * what follows (Unicode TR 9; "Trojan Source", CVE-2021-42574). Marks that legitimate Arabic and Hebrew text needs stay.
 */
// eslint-disable-next-line no-control-regex -- they are what this is about
const invisible = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu

/** `text` with such characters written out as `[U+202E]`. What is copied is this as well: what you see is what you get. */
export function visibleText(text: string): string {
  return text.replaceAll(
    invisible,
    (character) => `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  )
}
