/** What `elpis inspect` shows as text. Nothing from the file goes out but through `printable`. */
import { styleText } from 'node:util'
import type { ElpisError } from '../errors.ts'
import type { ModelSummary } from '../weights/gguf/describe.ts'
import type { GgufValueType } from '../weights/gguf/format.ts'
import type { ServedMemory } from '../server/model-memory.ts'
import { shown, type GgufValue } from '../weights/gguf/metadata.ts'
import { printable } from '../weights/gguf/printable.ts'
import type { Gguf } from '../weights/gguf/read.ts'
import type { Manifest } from '../weights/manifest.ts'
import { formatBytes } from '../weights/quantity.ts'
import { table } from './table.ts'

export interface Inspection {
  readonly name: string
  readonly paths: readonly string[]
  /** The store's record; null for a plain file. */
  readonly manifest: Manifest | null
  readonly model: Gguf
  /** Why the model cannot be served; null when it can. */
  readonly problem: ElpisError | null
  readonly summary: ModelSummary
  readonly specialTokens: readonly {
    readonly name: string
    readonly id: number
    readonly text: string | null
  }[]
  readonly memory: {
    readonly contextTokens: number
    readonly sequences: number
    readonly cacheTokens: number
    readonly alone: ServedMemory
    readonly served: ServedMemory
  }
}

/** Sections of aligned lines; `styled` for a terminal. */
export function inspectionText(inspection: Inspection, styled: boolean): string {
  const heading = (text: string): string =>
    styled ? styleText('bold', text, { validateStream: false }) : text
  const sections: (readonly [title: string, rows: Rows])[] = [
    ['Model', modelRows(inspection)],
    ['Architecture', architectureRows(inspection.summary)],
    ['Tokenizer', tokenizerRows(inspection)],
    ['Licence', licenceRows(inspection)],
    ['Chat template', templateRows(inspection.summary)],
  ]
  const blocks = sections.map(([title, rows]) => `${heading(title)}\n${indented(table(present(rows)))}`)
  blocks.push(
    `${heading(memoryTitle(inspection))}\n${indented(memoryTable(inspection))}`,
    `${heading('Tensors')}\n${indented(tensorTable(inspection))}`,
  )
  if (inspection.problem !== null) {
    blocks.push(`${heading('Cannot be served')}\n${indented(inspection.problem.message)}`)
  }
  return blocks.join('\n\n')
}

/** Lines without a value are left out. */
type Rows = readonly (readonly [label: string, value: string | 0 | null])[]

function modelRows({ summary, model, paths, manifest }: Inspection): Rows {
  const files = paths.length > 1 ? `${paths.length} files` : printable(paths[0] ?? '')
  return [
    ['name', joined([summary.name, summary.version])],
    ['made by', joined([summary.organisation, summary.author], ', ')],
    ['parameters', count(summary.parameters)],
    [
      'weights',
      joined(
        [summary.quantisation, summary.bitsPerWeight && `${summary.bitsPerWeight.toFixed(2)} bits each`],
        ', ',
      ),
    ],
    ['size', `${formatBytes(model.fileBytes)} (GGUF ${model.version})`],
    [
      'based on',
      joined(
        summary.baseModels.map(({ name, url }) => name ?? url),
        ', ',
      ),
    ],
    ['languages', joined(summary.languages.slice(0, 20), ', ')],
    ['tags', joined(summary.tags.slice(0, 20), ', ')],
    ['description', summary.description && printable(summary.description.slice(0, 200))],
    ['home', summary.url && printable(summary.url)],
    ['quantised by', summary.quantisedBy && printable(summary.quantisedBy)],
    ['file', files],
    ['sha256', manifest?.digest ?? null],
    ['pulled from', manifest && printable(manifest.source)],
  ]
}

function architectureRows(summary: ModelSummary): Rows {
  const { layers, heads, kvHeads, headDimension, experts, rope } = summary
  const shared = kvHeads !== null && kvHeads !== heads ? `, sharing ${kvHeads} of keys and values` : ''
  return [
    ['architecture', summary.architecture && printable(summary.architecture)],
    ['context', summary.trainedContextTokens && `${number(summary.trainedContextTokens)} tokens`],
    ['layers', layers && number(layers)],
    ['embedding', summary.embedding && number(summary.embedding)],
    ['attention', heads && `${heads} heads of ${headDimension ?? '?'}${shared}`],
    ['window', summary.slidingWindow && `${number(summary.slidingWindow)} tokens in some layers`],
    ['feed-forward', summary.feedForward && number(summary.feedForward)],
    ['pooling', summary.pooling],
    ['experts', experts && `${experts.used} of ${experts.total} for each token`],
    [
      'rope',
      joined(
        [
          rope.base && `base ${number(rope.base)}`,
          rope.scaling && `scaled by ${rope.scaling}`,
          rope.factor && `factor ${rope.factor}`,
        ],
        ', ',
      ),
    ],
  ]
}

function tokenizerRows({ summary, specialTokens }: Inspection): Rows {
  return [
    ['kind', joined([summary.tokenizer.model, summary.tokenizer.pre], ', ')],
    ['vocabulary', summary.vocabularySize && `${number(summary.vocabularySize)} tokens`],
    ...specialTokens.map(
      ({ name, id, text }) =>
        [name.replaceAll('_', ' '), `${id}  ${text === null ? '' : printable(text.slice(0, 64))}`] as const,
    ),
  ]
}

function licenceRows({ summary: { licence }, manifest }: Inspection): Rows {
  const accepted = manifest?.licence.accepted
  return [
    ['licence', joined([licence.id, licence.name], ', ') ?? manifest?.licence.name ?? 'the file names none'],
    ['text', licence.link === null ? (manifest?.licence.link ?? null) : printable(licence.link)],
    [
      'accepted',
      accepted === undefined ? null : `by ${printable(accepted.by)} on ${accepted.at.slice(0, 10)}`,
    ],
  ]
}

function templateRows({ chatTemplate, otherTemplates, pooling }: ModelSummary): Rows {
  const does = pooling === null ? 'only continues text' : pooling === 'rank' ? 'ranks texts' : 'embeds texts'
  return [
    [
      'template',
      chatTemplate === null
        ? `none: this model ${does}`
        : `${number(chatTemplate.length)} characters; --template prints it`,
    ],
    ['others', joined(otherTemplates, ', ')],
  ]
}

function memoryTitle({ memory, summary }: Inspection): string {
  const beyond =
    summary.trainedContextTokens !== null && memory.contextTokens > summary.trainedContextTokens
      ? `, beyond the ${number(summary.trainedContextTokens)} it was trained for`
      : ''
  return `Memory at a context of ${number(memory.contextTokens)} tokens${beyond}`
}

function memoryTable({ memory: { alone, served, sequences, cacheTokens } }: Inspection): string {
  const parts = ['weights', 'cache', 'compute', 'output', 'process', 'total'] as const
  return table(
    [
      ['', 'one answer', `${sequences} at once`],
      ...parts.map((part) => [part, formatBytes(alone[part]), formatBytes(served[part])]),
      ['cached tokens', '', number(cacheTokens)],
    ],
    [1, 2],
  )
}

function tensorTable({ summary }: Inspection): string {
  return table(
    [
      ['type', 'tensors', 'elements', 'size'],
      ...summary.tensorGroups.map(({ type, tensors, elements, bytes }) => [
        type,
        number(tensors),
        count(elements),
        formatBytes(bytes),
      ]),
    ],
    [1, 2, 3],
  )
}

/** All keys with their types and values; long texts are cut. */
export function metadataText({ metadata, types }: Gguf): string {
  const rows = [...metadata].map(([key, value]) => [
    printable(key),
    types.get(key) ?? '',
    valueText(value, types.get(key)),
  ])
  return table([['KEY', 'TYPE', 'VALUE'], ...rows])
}

function valueText(value: GgufValue, type: GgufValueType | undefined): string {
  if (typeof value === 'string') return printable(value.length > 100 ? `${value.slice(0, 100)}…` : value)
  // The digits that single precision has.
  if (type === 'f32') return String(Number(Number(value).toPrecision(7)))
  if (typeof value !== 'object') return String(value)
  const few = value.values !== null && value.values.length <= 8 ? value.values : null
  return few === null ? `${number(value.length)} × ${value.type}` : `[${few.map(shown).join(', ')}]`
}

/** All tensors in the order of the file. */
export function tensorsText({ tensors }: Gguf): string {
  const rows = tensors.map(({ name, type, dimensions, bytes }) => [
    printable(name),
    type,
    dimensions.join(' × '),
    formatBytes(bytes),
  ])
  return table([['TENSOR', 'TYPE', 'SHAPE', 'SIZE'], ...rows], [3])
}

function present(rows: Rows): string[][] {
  return rows.flatMap(([label, value]) =>
    value === null || value === '' || value === 0 ? [] : [[label, value]],
  )
}

function joined(parts: readonly (string | number | null)[], separator = ' '): string | null {
  const texts = parts.filter((part) => part !== null && part !== '' && part !== 0).map(String)
  return texts.length === 0 ? null : printable(texts.join(separator).slice(0, 400))
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

function number(value: number): string {
  return value.toLocaleString('en')
}

/** 134515008 → `134.5 M`. */
function count(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} B`
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`
  return number(value)
}
