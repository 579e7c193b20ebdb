/** From hidden states of labelled rows to a probe: which layer and how strict is found on a part of what is trained on. */
import { createHash } from 'node:crypto'
import { fit, logit, type Example, type Fitted } from './fit.ts'

/** A row with what the model made of it: the states of all layers that were read, one after the other. */
export interface ReadRow {
  readonly prompt: string
  /** Null when it is the prompt that is labelled. */
  readonly response: string | null
  readonly label: boolean
  /** Where the prompt ends; of rows with a response it is not known what the prompt is. */
  readonly atPrompt: Float32Array
  /** Means of each 16 tokens of the response; null without one. */
  readonly windows: readonly Float32Array[] | null
}

export interface Trained {
  /** Which of the layers that were read. */
  readonly layer: number
  readonly prompt: Fitted
  readonly response: Fitted | null
}

const ridges = [0.003, 0.03, 0.3]

/**
 * @param layers how many were read
 * @throws when rows of both labels are missing
 */
export function train(rows: readonly ReadRow[], layers: number): Trained {
  const { kept, held } = split(rows, 'layer')
  let best = { layer: 0, ridge: ridges[0]!, loss: Number.POSITIVE_INFINITY }
  for (let layer = 0; layer < layers; layer++) {
    for (const ridge of ridges) {
      const loss = lossOf(fitted(kept, { layer, layers, ridge }), held, layers)
      if (loss < best.loss) best = { layer, ridge, loss }
    }
  }
  return fitted(rows, { ...best, layers })
}

/** Probability of harm that a probe gives a row: of a response the highest of its windows. */
export function scoreOf({ layer, prompt, response }: Trained, row: ReadRow, layers: number): number {
  const { windows } = row
  const logits =
    windows === null || response === null
      ? [logit(prompt, ofLayer(row.atPrompt, layer, layers))]
      : windows.map((state) => logit(response, ofLayer(state, layer, layers)))
  return 1 / (1 + Math.exp(-Math.max(...logits)))
}

/** Three in ten held back, of each label and kind alike; rows with the same prompt stay together. */
export function split(
  rows: readonly ReadRow[],
  salt: string,
): { readonly kept: readonly ReadRow[]; readonly held: readonly ReadRow[] } {
  const order = (prompt: string) => createHash('sha256').update(`${salt}\n${prompt}`).digest('hex')
  const groups = Map.groupBy(rows, ({ prompt }) => prompt)
  const sorted = [...groups].toSorted(([left], [right]) => (order(left) < order(right) ? -1 : 1))
  const kinds = Map.groupBy(sorted, ([, [first]]) => `${first?.label} ${first?.windows === null}`)
  const kept: ReadRow[] = []
  const held: ReadRow[] = []
  for (const kind of kinds.values()) {
    const border = Math.floor(kind.length * 0.7)
    for (const [index, [, group]] of kind.entries()) (index < border ? kept : held).push(...group)
  }
  return { kept, held }
}

function fitted(
  rows: readonly ReadRow[],
  { layer, layers, ridge }: { readonly layer: number; readonly layers: number; readonly ridge: number },
): Trained {
  const prompts: Example[] = []
  const responses: Example[] = []
  for (const { atPrompt, windows, label } of rows) {
    if (windows === null) prompts.push({ state: ofLayer(atPrompt, layer, layers), label })
    for (const state of windows ?? []) responses.push({ state: ofLayer(state, layer, layers), label })
  }
  return {
    layer,
    prompt: fit(prompts, ridge),
    response: responses.length === 0 ? null : fit(responses, ridge),
  }
}

/** How surprised a probe is by the labels of rows; each label counts alike. */
function lossOf(trained: Trained, rows: readonly ReadRow[], layers: number): number {
  let loss = 0
  for (const label of [true, false]) {
    const own = rows.filter((row) => row.label === label)
    const scores = own.map((row) => scoreOf(trained, row, layers))
    for (const score of scores) loss -= Math.log(Math.max(1e-12, label ? score : 1 - score)) / own.length
  }
  return loss
}

function ofLayer(state: Float32Array, layer: number, layers: number): Float32Array {
  const width = state.length / layers
  return state.subarray(layer * width, (layer + 1) * width)
}
