/**
 * Characters that are drawn like a letter of the Latin alphabet, from Unicode's names and shapes: what people take for
 * one. NFKC, which folds full width, circles, mathematical alphabets and ligatures, comes before this table.
 */
const alike: Readonly<Record<string, string>> = {
  a: 'аɑαᴀ∂ꓮ',
  b: 'Ьƅᖯʙвᏼ',
  c: 'сϲᴄⲥсꮯ',
  d: 'ԁᴅɗ',
  e: 'еєҽᴇɛ℮',
  f: 'ƒꜰϝẝ',
  g: 'ɡɢց',
  h: 'һհʜн',
  i: 'іıɩɪιӏ',
  j: 'јϳᴊ',
  k: 'кκᴋĸ',
  l: 'ⅼʟᏞ',
  m: 'мᴍṃ',
  n: 'пɴηո',
  o: 'оοօᴏσ๐',
  p: 'рρᴘƿ',
  q: 'ԛգ',
  r: 'гʀᴦ',
  s: 'ѕꜱʂ',
  t: 'тᴛτ',
  u: 'υսᴜц',
  v: 'ѵνᴠ',
  w: 'ԝѡωᴡա',
  x: 'хχ×',
  y: 'уγʏү',
  z: 'ᴢʐ',
}

const byCharacter = new Map(
  Object.entries(alike).flatMap(([letter, drawn]) =>
    Array.from(drawn).map((character) => [character, letter]),
  ),
)
for (const [upper, letter] of Array.from('АВСЕНІЈКМОРЅТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ').map(
  (character, index) => [character, 'abcehijkmopstyxabezhikmnoptyx'[index] ?? ''] as const,
)) {
  byCharacter.set(upper, letter)
}

/** The Latin letter that `character` is drawn like; undefined when it is like none. */
export function lookAlike(character: string): string | undefined {
  return byCharacter.get(character)
}
