import type { StateReading } from '../engine/protocol.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Gguf } from '../weights/gguf/read.ts'
import { openProbeStore, type StoredProbe } from '../weights/probe-store.ts'
import type { PreparedModel } from './prepare-model.ts'

/** What is read of a model's hidden states: null for nothing, `broken` where there is a probe that cannot be used. */
export type StatesOf = (model: PreparedModel) => StateReading | 'broken' | null

/** Reads what the probe of this home for a model's weights needs. It is looked for at every load. */
export function storedStates(home: string, log: Log): StatesOf {
  const store = openProbeStore(home)
  return ({ manifest, header }) => {
    try {
      const probe = store.read(manifest.digest)
      if (probe === null) return null
      const { layer, prompt, response } = probe
      if (!fits(probe, header)) throw new Error('it is for another number of layers, or wider ones')
      log('info', 'probe loaded', { model: manifest.name, layer })
      return { layers: [layer], probe: { prompt, response } }
    } catch (error) {
      log('error', 'probe cannot be used', { model: manifest.name, reason: asElpisError(error).message })
      return 'broken'
    }
  }
}

function fits({ layer, width }: StoredProbe, header: Gguf): boolean {
  const { layers, width: own } = statesIn(header)
  return layer < layers && width === own
}

/** How many layers a model has, and components a hidden state. */
export function statesIn({ metadata }: Gguf): { readonly layers: number; readonly width: number } {
  const architecture = metadata.get('general.architecture')
  const of = (name: string) => {
    const value = typeof architecture === 'string' ? metadata.get(`${architecture}.${name}`) : undefined
    return typeof value === 'number' ? value : 0
  }
  return { layers: of('block_count'), width: of('embedding_length') }
}
