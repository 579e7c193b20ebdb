/** Well-known open-weight models by short names: what each is, what it weighs, its licence, where it can be had. */
import { z } from 'zod'
import { entries } from './catalogue-entries.ts'
import { licenceById, type Licence } from './licence.ts'
import { isModelName } from './names.ts'
import { formatReference, parseReference, type SourceReference } from './reference.ts'

const entrySchema = z.strictObject({
  /** `family:size`, as it is pulled and served. */
  name: z.string().refine(isModelName),
  title: z.string(),
  purpose: z.enum(['chat', 'guard', 'embedding']),
  /** As the publisher counts them; `A` marks those used per token. */
  parameters: z.string().regex(/^\d+(\.\d+)?[MB](-A\d+(\.\d+)?B)?$/),
  quantisation: z.string(),
  /** SPDX identifier, or a short name of `licence.ts`. */
  licence: z.string(),
  /** Tokens the model was trained for. */
  context: z.int().min(1),
  /** Family of the chat template; null for models that do not chat. */
  template: z.string().nullable(),
  /** Where the publisher asks to accept the licence before its own copy may be fetched; null when nowhere. */
  gatedAt: z.url().nullable(),
  /** The files in order: more than one when the model is split. */
  files: z
    .array(
      z.strictObject({
        /** As published; for lists and the room needed, not a check: the digest is. */
        bytes: z.int().min(1),
        /** Null where no published digest is known; then the hub's own counts. */
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .nullable(),
      }),
    )
    .min(1),
  /** References tried in order; all have the same bytes when a digest is given. */
  mirrors: z.array(z.string()).min(1),
})

export type CatalogueEntry = z.output<typeof entrySchema>

/** What `npm start` serves when nothing else is asked for: it runs anywhere in a minute. */
export const defaultModel = 'smollm2:135m'

let checked: readonly CatalogueEntry[] | undefined

/** All entries, in the order of the list; checked on the first call. */
export function catalogue(): readonly CatalogueEntry[] {
  checked ??= z.array(entrySchema).parse(entries)
  return checked
}

/** Every name of the catalogue. */
export function catalogueNames(): string[] {
  return catalogue().map(({ name }) => name)
}

/** The entry called `name`, or null. */
export function catalogueEntry(name: string): CatalogueEntry | null {
  return catalogue().find((entry) => entry.name === name) ?? null
}

/** Where an entry's files can be had, in the order to try. */
export function mirrorsOf(entry: CatalogueEntry): SourceReference[] {
  return entry.mirrors.map((text) => {
    const reference = parseReference(text, [])
    if (reference.kind === 'catalogue') throw new Error(`A mirror of ${entry.name} is no source: ${text}`)
    return reference
  })
}

/** The entry that lists this source as a mirror: its digests and licence hold for whoever names the source itself. */
export function entryWithMirror(reference: SourceReference): CatalogueEntry | null {
  const text = formatReference(reference)
  return catalogue().find(({ mirrors }) => mirrors.includes(text)) ?? null
}

/** Bytes of all files of an entry. */
export function catalogueBytes(entry: CatalogueEntry): number {
  return entry.files.reduce((sum, file) => sum + file.bytes, 0)
}

/** The licence of an entry, by the id that the catalogue gives it. */
export function catalogueLicence(entry: CatalogueEntry): Licence {
  return licenceById(entry.licence)
}
