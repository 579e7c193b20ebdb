/** What the guard that ships is made of: with the same parts it says the same of the same text, but for the key of each home. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'

export interface GuardMakeup {
  /** Of Elpis: rules, normalising, thresholds between layers. */
  readonly version: string
  /** SHA-256 of the weights. */
  readonly screen: string
  readonly judge: string
}

/** @throws when weights are missing */
export async function guardMakeup(): Promise<GuardMakeup> {
  const digest = async (name: string) =>
    createHash('sha256')
      .update(await readFile(new URL(`${name}.safetensors`, import.meta.url)))
      .digest('hex')
  const [screen, judge] = await Promise.all([digest('screen'), digest('judge')])
  const told = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(told))
  return { version, screen, judge }
}
