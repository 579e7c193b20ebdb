/**
 * Text from a model file as it may be shown to a person: control characters (escape sequences begin with one), marks
 * that turn the direction of writing and other invisible characters become `\u{…}`. Line feeds and tabs stay when
 * `lines` is set.
 */
export function printable(text: string, lines = false): string {
  return text.replaceAll(unprintable, (character) =>
    lines && (character === '\n' || character === '\t')
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** `printable`, cut to `most` characters, in quotes: for messages. */
export function quoted(text: string, most = 64): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text
  return `"${printable(cut)}"`
}

/** Cc, Cf (direction, zero width, tags), Zl, Zp and lone surrogates; private use and unassigned may carry anything. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu
