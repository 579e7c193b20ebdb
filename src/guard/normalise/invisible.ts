/** What is in a text and is not seen: marks of width zero, of direction, of variants, and tags that spell hidden ASCII. */

/** Characters that change nothing that is seen, or only the direction. */
export function isInvisible(code: number): boolean {
  return (
    code === 0xad ||
    code === 0x34f ||
    code === 0x61c ||
    code === 0x115f ||
    code === 0x1160 ||
    (code >= 0x17b4 && code <= 0x17b5) ||
    (code >= 0x180b && code <= 0x180f) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0x3164 ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    code === 0xfeff ||
    code === 0xffa0 ||
    (code >= 0x1bca0 && code <= 0x1bca3) ||
    (code >= 0xe0000 && code <= 0xe0fff)
  )
}

/** The ASCII character that a tag character (U+E0020 to U+E007E) stands for; a model reads them, people do not see them. */
export function taggedAscii(code: number): string | null {
  return code >= 0xe0020 && code <= 0xe007e ? String.fromCharCode(code - 0xe0000) : null
}

/**
 * Bytes that are smuggled as variation selectors: U+FE00–FE0F are 0–15, U+E0100–E01EF are 16–255.
 *
 * @returns null for any other character
 */
export function selectedByte(code: number): number | null {
  if (code >= 0xfe00 && code <= 0xfe0f) return code - 0xfe00
  if (code >= 0xe0100 && code <= 0xe01ef) return code - 0xe0100 + 16
  return null
}
