import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Sha256 } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import {
  catalogueEntry,
  catalogueLicence,
  entryWithMirror,
  mirrorsOf,
  type CatalogueEntry,
} from '../catalogue.ts'
import type { Licence } from '../licence.ts'
import { isModelName, nameFromFile, plainFileName, printable } from '../names.ts'
import { formatReference, type Reference, type SourceReference } from '../reference.ts'

export interface PlannedFile {
  readonly name: string
  readonly expected: Sha256 | null
  /** Roughly; null when nobody knows before asking. */
  readonly bytes: number | null
  /** Names the pull of this file, so that two processes meet and a later one finds what an earlier one left. */
  readonly key: string
  /** Where this very file can be had, in the order to try. */
  readonly sources: readonly SourceReference[]
}

/** What a pull is going to do. */
export interface Plan {
  readonly name: string
  /** As it is recorded. */
  readonly reference: string
  readonly files: readonly PlannedFile[]
  /** Of all files together. */
  readonly key: string
  /** Null: only the file itself can say. */
  readonly licence: Licence | null
  readonly entry: CatalogueEntry | null
}

const splitPattern = /-(\d{5})-of-(\d{5})\.gguf$/i
const mostParts = 999

/**
 * Works out files, digests and sources of a reference.
 *
 * @throws `reference_invalid` for a split model that does not begin at its first part, `usage` for a wrong name or digest
 */
export function planOf(
  reference: Reference,
  { name, sha256 }: { readonly name?: string | undefined; readonly sha256?: Sha256 | undefined } = {},
): Plan {
  const entry = reference.kind === 'catalogue' ? catalogueEntry(reference.name) : entryWithMirror(reference)
  const sources = reference.kind === 'catalogue' ? (entry === null ? [] : mirrorsOf(entry)) : [reference]
  const [first] = sources
  if (first === undefined) throw new Error(`The catalogue has no ${formatReference(reference)}.`)
  const parts = partsOf(first)
  if (sha256 !== undefined && parts.length > 1) {
    throw elpisError('usage', {
      problem: 'One digest cannot stand for the several files of a split model.',
      suggestion: 'Leave --sha256 out.',
    })
  }
  const files = parts.map((part, index): PlannedFile => {
    const known = entry?.files[index]
    const expected = sha256 ?? ((known?.sha256 ?? null) as Sha256 | null)
    const own = sources.map((source) => partsOf(source)[index] ?? source)
    return {
      name: plainFileName(basename(pathOf(part))),
      expected,
      bytes: known?.bytes ?? null,
      key: expected ?? digestOf(own.map(address).join('\n')),
      sources: own,
    }
  })
  return {
    name: chosenName(name, reference, first),
    reference: formatReference(reference),
    files,
    key: digestOf(files.map(({ key }) => key).join('\n')),
    licence: entry === null ? null : catalogueLicence(entry),
    entry,
  }
}

/** All parts of a split model when `source` is its first, else `source` alone. */
function partsOf(source: SourceReference): SourceReference[] {
  const match = splitPattern.exec(pathOf(source))
  if (match === null) return [source]
  const [whole = '', part = '', count = ''] = match
  if (Number(part) !== 1 || Number(count) < 1 || Number(count) > mostParts) {
    throw elpisError('reference_invalid', {
      reference: printable(formatReference(source)),
      problem: `it is part ${Number(part)} of ${Number(count)} of a split model`,
      suggestion: `Name the first part, …-00001-of-${count}.gguf: the others follow by themselves.`,
    })
  }
  return Array.from({ length: Number(count) }, (_, index) => {
    const own = whole.replace(`-${part}-of-`, `-${String(index + 1).padStart(5, '0')}-of-`)
    return withPath(source, pathOf(source).replace(whole, own))
  })
}

function chosenName(name: string | undefined, reference: Reference, first: SourceReference): string {
  if (name === undefined)
    return reference.kind === 'catalogue' ? reference.name : nameFromFile(basename(pathOf(first)))
  if (isModelName(name)) return name
  throw elpisError('usage', {
    problem: `"${printable(name)}" cannot be the name of a model.`,
    suggestion: 'Lower-case letters, digits, dot, dash and underscore, with at most one colon: qwen3:4b-mine',
  })
}

function pathOf(source: SourceReference): string {
  return source.kind === 'url' ? decodeURIComponent(new URL(source.url).pathname) : source.path
}

function withPath(source: SourceReference, path: string): SourceReference {
  if (source.kind !== 'url') return { ...source, path }
  const url = new URL(source.url)
  url.pathname = path.split('/').map(encodeURIComponent).join('/')
  return { kind: 'url', url: url.href }
}

/** With the query, which the shown form leaves out. */
function address(source: SourceReference): string {
  return source.kind === 'url' ? source.url : formatReference(source)
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
