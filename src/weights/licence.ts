/** Licences of weights: which bind nobody beyond keeping a notice, and which somebody has to accept first. */
import { z } from 'zod'

export interface Licence {
  /** SPDX identifier, or our own short name for what has none. */
  readonly id: string
  readonly name: string
  /** Edition of the text, as its publisher dates it; null when it has none. */
  readonly version: string | null
  readonly link: string | null
  /** Somebody has to accept it before the weights are used. */
  readonly needsAcceptance: boolean
}

/** That a licence was accepted: kept with the weights. */
export const acceptance = z.strictObject({
  /** Account of the machine that did it. */
  by: z.string(),
  at: z.iso.datetime(),
  /** `permissive`: nothing to accept. `flag` and `prompt`: by `--accept-license`, or asked on the terminal. */
  how: z.enum(['permissive', 'asked', 'not-stated']),
})
export type Acceptance = z.output<typeof acceptance>

/** A licence as it is kept with what came under it. */
export const keptLicence = z.strictObject({
  id: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  link: z.string().nullable(),
  /** SHA-256 of its text, which the store keeps; null where none came along. */
  text: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null),
  /** The same of its policy of acceptable use. */
  policy: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null),
  accepted: acceptance,
})
export type KeptLicence = z.output<typeof keptLicence>

const permissive: Readonly<Record<string, string>> = {
  'Apache-2.0': 'Apache License 2.0',
  MIT: 'MIT License',
  'BSD-2-Clause': 'BSD 2-Clause License',
  'BSD-3-Clause': 'BSD 3-Clause License',
  'CC0-1.0': 'Creative Commons Zero 1.0',
  'CC-BY-4.0': 'Creative Commons Attribution 4.0',
  'BSL-1.0': 'Boost Software License 1.0',
  Unlicense: 'The Unlicense',
  ISC: 'ISC License',
}

const withConditions = new Map<string, Omit<Licence, 'id' | 'needsAcceptance'>>(
  Object.entries({
    'llama3.1': {
      name: 'Llama 3.1 Community License',
      version: '2024-07-23',
      link: 'https://www.llama.com/llama3_1/license/',
    },
    'llama3.2': {
      name: 'Llama 3.2 Community License',
      version: '2024-09-25',
      link: 'https://www.llama.com/llama3_2/license/',
    },
    'llama3.3': {
      name: 'Llama 3.3 Community License',
      version: '2024-12-06',
      link: 'https://www.llama.com/llama3_3/license/',
    },
    gemma: { name: 'Gemma Terms of Use', version: '2025-03-24', link: 'https://ai.google.dev/gemma/terms' },
  }),
)

/** The licence with this SPDX identifier or short name; whatever is not known as permissive needs acceptance. */
export function licenceById(id: string): Licence {
  const known = Object.entries(permissive).find(([spdx]) => spdx.toLowerCase() === id.toLowerCase())
  if (known !== undefined) {
    const [spdx, name] = known
    return {
      id: spdx,
      name,
      version: null,
      link: `https://spdx.org/licenses/${spdx}.html`,
      needsAcceptance: false,
    }
  }
  const conditions = withConditions.get(id.toLowerCase())
  if (conditions !== undefined) return { id: id.toLowerCase(), ...conditions, needsAcceptance: true }
  return { id, name: `licence "${id}"`, version: null, link: null, needsAcceptance: true }
}
