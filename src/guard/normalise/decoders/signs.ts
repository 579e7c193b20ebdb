/** Letters written as other signs, one for one: Morse, Braille, the spelling alphabet of NATO, places in the alphabet. */
import { decodeMatches, type Decoder } from './decoder.ts'

const morseSigns =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  )
const morseDigits = '----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.'.split(' ')
const byMorse = new Map<string, string>([
  ...morseSigns.map((sign, index) => [sign, String.fromCharCode(97 + index)] as const),
  ...morseDigits.map((sign, index) => [sign, String(index)] as const),
])

export const morse: Decoder = {
  name: 'morse',
  decode: (text) =>
    decodeMatches(text, /(?:[.\-·−–]{1,5}[ /|\n]{1,3}){3,}[.\-·−–]{1,5}/g, (match) =>
      match
        .replaceAll('·', '.')
        .replaceAll(/[−–]/g, '-')
        .split(/\s*[/|\n]\s*| {2,}/)
        .map((word) =>
          word
            .split(' ')
            .map((sign) => byMorse.get(sign) ?? '')
            .join(''),
        )
        .join(' '),
    ),
}

/** Dots of the six-dot cell as Unicode counts them, U+2800 onwards. */
const brailleCells = '⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵'

export const braille: Decoder = {
  name: 'braille',
  decode: (text) =>
    decodeMatches(text, /[\u2800-\u283f][\u2800-\u283f\s]{2,}/g, (match) => {
      let decoded = ''
      for (const cell of match) {
        const index = brailleCells.indexOf(cell)
        if (index >= 0) decoded += String.fromCharCode(97 + index)
        else if (cell === '⠀' || /\s/.test(cell)) decoded += ' '
      }
      return decoded
    }),
}

const spelling =
  'alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu'.split(
    ' ',
  )
const bySpelling = new Map<string, string>([
  ...spelling.map((word, index) => [word, String.fromCharCode(97 + index)] as const),
  ['alpha', 'a'],
  ['juliet', 'j'],
  ['x-ray', 'x'],
])

export const nato: Decoder = {
  name: 'spelling alphabet',
  decode: (text) =>
    decodeMatches(
      text,
      new RegExp(
        `\\b(?:${[...bySpelling.keys()].join('|')})\\b(?:[ ,.-]{1,3}(?:${[...bySpelling.keys()].join('|')})\\b){3,}`,
        'gi',
      ),
      (match) =>
        match
          .toLowerCase()
          .split(/[ ,.]+|-(?!ray)/)
          .map((word) => bySpelling.get(word) ?? '')
          .join(''),
    ),
}

export const alphabetPlaces: Decoder = {
  name: 'alphabet places',
  decode: (text) =>
    decodeMatches(text, /\b(?:(?:[1-9]|1\d|2[0-6])[-. ]){3,}(?:[1-9]|1\d|2[0-6])\b/g, (match) =>
      match
        .split(/[-. ]/)
        .map((place) => String.fromCharCode(96 + Number(place)))
        .join(''),
    ),
}
