import type { Inspection } from './inspection.ts'

/** One document; everything that a terminal could take for more than text is escaped. */
export function inspectionJson(
  inspection: Inspection | { readonly template: string | null },
  detail: { readonly tensors?: boolean; readonly metadata?: boolean } = {},
): string {
  return JSON.stringify('template' in inspection ? inspection : document(inspection, detail), (_key, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  ).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

function document(
  { name, paths, manifest, model, problem, summary, specialTokens, memory }: Inspection,
  { tensors, metadata }: { readonly tensors?: boolean; readonly metadata?: boolean },
): object {
  return {
    model: name,
    files: paths,
    digest: manifest?.digest ?? null,
    gguf: {
      version: model.version,
      fileBytes: model.fileBytes,
      alignment: model.alignment,
      tensors: model.tensors.length,
    },
    servable: problem === null,
    problem: problem?.message ?? null,
    ...summary,
    specialTokens,
    memory,
    ...(tensors === true ? { tensors: model.tensors } : {}),
    ...(metadata === true
      ? { metadata: [...model.metadata].map(([key, value]) => ({ key, type: model.types.get(key), value })) }
      : {}),
  }
}
