import { readFileSync } from 'node:fs'

/** This package's version, as `package.json` has it (two folders up in a checkout and once built). */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version
