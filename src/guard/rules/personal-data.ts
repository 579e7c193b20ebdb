/** What tells who somebody is or pays for them: addresses, numbers. Checksums are checked where a number has one. */
import type { Detector, Span } from './finding.ts'

function* matches(
  text: string,
  pattern: RegExp,
  right: (match: string) => boolean = () => true,
): Generator<Span> {
  for (const match of text.matchAll(pattern)) {
    if (right(match[0])) yield { start: match.index, end: match.index + match[0].trimEnd().length }
  }
}

/** Where the run of characters of `pattern` (anchored at the end) begins; the text's length when there is none. */
function runFrom(text: string, pattern: RegExp): number {
  const from = Math.max(0, text.length - longest)
  const match = pattern.exec(text.slice(from))
  return match === null ? text.length : from + match.index
}

/** Nothing of these kinds is longer. */
const longest = 320

const endOfNumber = /[\d+(A-Z][\dA-Z ().\-/+]*$/

function detector(
  name: string,
  pattern: RegExp,
  right?: (match: string) => boolean,
  open = endOfNumber,
): Detector {
  return { name, find: (text) => matches(text, pattern, right), openFrom: (text) => runFrom(text, open) }
}

/** RFC 5321's addresses as people write them: local part up to 64, domain up to 255 characters. */
const email = detector(
  'e-mail',
  /(?<![A-Za-z0-9._%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9-])/g,
  undefined,
  /[A-Za-z0-9._%+\-@]+$/,
)

/** E.164 with its plus, or a number with a trunk 0 or an area code in brackets: 8 to 15 digits, grouped. */
const phone = detector(
  'phone',
  /(?<![\w+])(?:\+\d{1,3}[ .\-/]?(?:\(\d{1,4}\)[ .\-/]?)?|\(\d{2,5}\)[ .\-/]?|(?<!\d )0[1-9]\d{1,3}[ \-/])\d(?:[ .\-/]?\d){4,12}(?![\w-])/g,
  (match) => {
    const digits = match.replaceAll(/\D/g, '').length
    return digits >= 8 && digits <= 15
  },
)

const card = detector('card', /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]\d|\d)/g, (match) => {
  const digits = match.replaceAll(/\D/g, '')
  return /^(?:4|5[1-5]|2[2-7]|3[47]|3[068]|6)/.test(digits) && luhn(digits)
})

/** Lengths by country as the registry of ISO 13616 has them. */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  SA: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  TN: 24,
  TR: 26,
  UA: 29,
  VG: 24,
  XK: 20,
}

const iban: Detector = {
  name: 'IBAN',
  *find(text) {
    for (const match of text.matchAll(/(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}/g)) {
      const length = ibanLengths[match[0].slice(0, 2)]
      if (length === undefined) continue
      let letters = ''
      let units = 0
      for (const character of match[0]) {
        if (letters.length === length) break
        units++
        if (character !== ' ') letters += character
      }
      const end = match.index + units
      if (letters.length === length && !/[A-Za-z0-9]/.test(text[end] ?? '') && mod97(letters) === 1) {
        yield { start: match.index, end }
      }
    }
  },
  openFrom: (text) => runFrom(text, endOfNumber),
}

/** United States: never 000, 666 or 9xx, group and serial never zero. */
const socialSecurity = detector(
  'social security number',
  /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g,
)

/** Brazil, two check digits. */
const cpf = detector('CPF', /(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)/g, (match) => {
  const digits = Array.from(match.replaceAll(/\D/g, '')).map(Number)
  if (new Set(digits).size === 1) return false
  const check = (count: number) => {
    const sum = digits.slice(0, count).reduce((total, digit, index) => total + digit * (count + 1 - index), 0)
    return ((sum * 10) % 11) % 10
  }
  return check(9) === digits[9] && check(10) === digits[10]
})

/** Spain, DNI and NIE, one check letter. */
const dni = detector('DNI', /(?<![A-Za-z0-9])[XYZ\d]\d{7}-?[A-HJ-NP-TV-Z](?![A-Za-z0-9])/g, (match) => {
  const number = Number(
    match.replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))).replaceAll(/\D/g, ''),
  )
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === match.at(-1)
})

/** France, NIR, two check digits modulo 97. */
const nir = detector(
  'NIR',
  /(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\d)/g,
  (match) => {
    const letters = match.replaceAll(' ', '').replace('2A', '19').replace('2B', '18')
    return 97 - Number(BigInt(letters.slice(0, 13)) % 97n) === Number(letters.slice(13))
  },
)

function luhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    let digit = Number(digits[digits.length - 1 - index])
    if (index % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2
    sum += digit
  }
  return sum % 10 === 0
}

function mod97(letters: string): number {
  let rest = 0
  for (const letter of letters.slice(4) + letters.slice(0, 4)) {
    const value = Number.parseInt(letter, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

/** Longer and surer kinds first: where two find the same characters, the first is named. */
export const personalData: readonly Detector[] = [iban, card, email, nir, cpf, dni, socialSecurity, phone]
