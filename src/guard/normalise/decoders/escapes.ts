/** Characters written as escapes: of URLs, HTML, JSON and programs, e-mail. */
import { textOf } from '../legible.ts'
import { decodeMatches, type Decoder } from './decoder.ts'

/** Of one run, whatever of it is no escape stands as it is. */
export const url: Decoder = {
  name: 'url',
  decode: (text) =>
    decodeMatches(text, /(?:[^\s%]{0,40}%[0-9A-Fa-f]{2}){2,}[^\s]{0,200}/g, (match) =>
      textOf(
        Buffer.from(
          match.replaceAll(/%([0-9A-Fa-f]{2})/g, (_whole, digits: string) =>
            String.fromCharCode(Number.parseInt(digits, 16)),
          ),
          'latin1',
        ),
      ),
    ),
}

const named: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

export const html: Decoder = {
  name: 'html',
  decode: (text) =>
    decodeMatches(text, /(?:[^&]{0,80}&(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[a-z]{2,6});){2,}.{0,200}/gs, (match) =>
      match.replaceAll(
        /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]{2,6}));/g,
        (whole, decimal?: string, digits?: string, name?: string) => {
          if (name !== undefined) return named[name] ?? whole
          return character(decimal === undefined ? Number.parseInt(digits ?? '0', 16) : Number(decimal))
        },
      ),
    ),
}

export const backslashes: Decoder = {
  name: 'escapes',
  decode: (text) =>
    decodeMatches(
      text,
      /(?:[^\\]{0,80}\\(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|x[0-9A-Fa-f]{2}|[0-7]{3})){1,}[^\\]{0,200}/gs,
      (match) =>
        match.replaceAll(
          /\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([0-7]{3}))/g,
          (_whole, four?: string, braced?: string, two?: string, octal?: string) =>
            octal === undefined
              ? character(Number.parseInt(four ?? braced ?? two ?? '0', 16))
              : character(Number.parseInt(octal, 8)),
        ),
    ),
}

export const quotedPrintable: Decoder = {
  name: 'quoted-printable',
  decode: (text) =>
    decodeMatches(text, /(?:[^=]{0,80}=(?:[0-9A-F]{2}|\r?\n)){2,}[^=]{0,200}/gs, (match) =>
      textOf(
        Buffer.from(
          match
            .replaceAll(/=\r?\n/g, '')
            .replaceAll(/=([0-9A-F]{2})/g, (_whole, digits: string) =>
              String.fromCharCode(Number.parseInt(digits, 16)),
            ),
          'latin1',
        ),
      ),
    ),
}

function character(code: number): string {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '' : String.fromCodePoint(code)
}
