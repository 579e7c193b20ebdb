/** Texts that an operator labelled, to measure the guard with or to train a probe on: a JSON object a line. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'

const labelled = z.object({
  prompt: z.string().min(1).max(100_000),
  /** What was answered, where that is labelled and not the question. */
  response: z
    .string()
    .min(1)
    .max(100_000)
    .nullish()
    .transform((response) => response ?? null),
  /** True or 1 for what should not pass. */
  label: z.union([z.boolean(), z.literal(0), z.literal(1)]).transform(Boolean),
  set: z.string().default('all'),
})
export type Labelled = z.output<typeof labelled>

/** What is wrong with a file of labelled texts, for a sentence. */
export class UnreadableLabels extends Error {}

/**
 * @returns the texts, and the file's SHA-256 in hexadecimal
 * @throws UnreadableLabels
 */
export function readLabelled(
  file: string,
  most: { readonly bytes: number; readonly rows: number },
): { readonly rows: Labelled[]; readonly digest: string } {
  const text = textOf(file, most.bytes)
  const rows: Labelled[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    if (rows.length === most.rows) throw new UnreadableLabels(`it has more than ${most.rows} rows`)
    const parsed = labelled.safeParse(json(line))
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new UnreadableLabels(
        `line ${index + 1}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
      )
    }
    rows.push(parsed.data)
  }
  if (rows.length === 0) throw new UnreadableLabels('it is empty')
  return { rows, digest: createHash('sha256').update(text).digest('hex') }
}

function textOf(file: string, mostBytes: number): string {
  try {
    if (statSync(file).size <= mostBytes) return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UnreadableLabels(`it cannot be read (${(error as Error).message})`)
  }
  throw new UnreadableLabels(`it has more than ${mostBytes} bytes`)
}

function json(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
