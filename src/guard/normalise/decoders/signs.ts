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

/** Pairs of letters of which a third or more of English and its kin are; of letters by chance they are a tenth. */
const pairs = new Set(
  'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur il ho bo mb pi pe ki'.split(
    ' ',
  ),
)

/** Whether letters could be words: numbers of a table are places in the alphabet as well. */
function couldBeWords(letters: string): boolean {
  let usual = 0
  for (let at = 1; at < letters.length; at++) if (pairs.has(letters.slice(at - 1, at + 1))) usual++
  return usual >= Math.max(2, (letters.length - 1) / 3)
}

export const alphabetPlaces: Decoder = {
  name: 'alphabet places',
  decode: (text) =>
    decodeMatches(text, /\b(?:(?:[1-9]|1\d|2[0-6])[-. ]){3,}(?:[1-9]|1\d|2[0-6])\b/g, (match) => {
      const letters = match
        .split(/[-. ]/)
        .map((place) => String.fromCharCode(96 + Number(place)))
        .join('')
      return couldBeWords(letters) ? letters : null
    }),
}
