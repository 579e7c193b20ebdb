/** The record of one pulled model: what it is, where it came from, under which licence. */
import { z } from 'zod'
import { isModelName, isPathSegment } from './names.ts'
import { keptLicence } from './licence.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

export const manifestSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().refine(isModelName, 'is no model name'),
  /** What was asked for, as it was written (without the query of an address). */
  reference: z.string(),
  /** The mirror that had it. */
  source: z.string(),
  /** Of the file, or of the list of files when the model is split. */
  digest: sha256,
  files: z
    .array(
      z.strictObject({
        name: z.string().refine(isPathSegment, 'is no plain file name'),
        bytes: z.int().min(1),
        sha256,
        /** Who said what the digest must be: the catalogue or the user, the hub, or nobody: then it was computed on arrival. */
        verified: z.enum(['pinned', 'hub', 'first-seen']),
      }),
    )
    .min(1)
    .max(1000),
  licence: keptLicence,
  pulledAt: z.iso.datetime(),
  /** What the model says of itself, for lists; null where it says nothing. */
  summary: z.strictObject({
    title: z.string().nullable(),
    parameters: z.string().nullable(),
    quantisation: z.string().nullable(),
    context: z.int().nullable(),
    architecture: z.string().nullable(),
  }),
})

export type Manifest = z.output<typeof manifestSchema>
export type ManifestFile = Manifest['files'][number]

/** Bytes of all files together. */
export function bytesOf(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0)
}

/** Reads a manifest; `problem` says in one line what is wrong with it. */
export function parseManifest(text: string): { manifest: Manifest } | { problem: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { problem: 'it is not JSON' }
  }
  const parsed = manifestSchema.safeParse(json)
  if (parsed.success) return { manifest: parsed.data }
  const issue = parsed.error.issues[0]
  return { problem: `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'invalid'}` }
}
