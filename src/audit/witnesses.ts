/** The log's side of https://c2sp.org/tlog-witness: asks every configured witness to sign a checkpoint. */
import { cosignedAt, formatSignature, parseNote, parseVerifierKey, type VerifierKey } from './note.ts'
import type { Cosigning } from './publisher.ts'
import type { Tree } from './tree.ts'

export interface WitnessAddress {
  /** Its submission prefix. */
  readonly url: string
  readonly key: VerifierKey
}

const answerMilliseconds = 10_000
const mostAnswerBytes = 16_384

/** `URL KEY`, as `audit.witnesses` has it; null when it is none. */
export function parseWitness(text: string): WitnessAddress | null {
  const [url = '', vkey = ''] = text.trim().split(/\s+/, 2)
  const key = parseVerifierKey(vkey)
  return key === null || !/^https?:\/\//.test(url) || !URL.canParse(url)
    ? null
    : { url: url.replace(/\/+$/, ''), key }
}

/** Asks all witnesses at once; those that do not answer rightly are reported and left out. */
export function cosigningBy(
  witnesses: readonly WitnessAddress[],
  tree: Tree,
  onTrouble: (error: unknown) => void,
): Cosigning {
  const sizes = new Map<string, number>()
  return async (signed, size) => {
    const lines = await Promise.all(
      witnesses.map((witness) =>
        asked(witness, { signed, size, tree, sizes }).catch((error: unknown) => {
          onTrouble(error)
          return ''
        }),
      ),
    )
    return lines.join('')
  }
}

interface Asking {
  readonly signed: string
  readonly size: number
  readonly tree: Tree
  /** What each witness signed last. */
  readonly sizes: Map<string, number>
}

async function asked(witness: WitnessAddress, { signed, size, tree, sizes }: Asking): Promise<string> {
  // The second time with the size that the witness said it knows.
  for (let tries = 0; tries < 2; tries++) {
    const old = sizes.get(witness.url) ?? 0
    if (old > size) return ''
    const proof = old === 0 || old === size ? [] : await tree.consistencyProof(old, size)
    const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`)
    const answer = await fetch(`${witness.url}/add-checkpoint`, {
      method: 'POST',
      body: `old ${old}\n${lines.join('')}\n${signed}`,
      signal: AbortSignal.timeout(answerMilliseconds),
      redirect: 'error',
    })
    const text = (await answer.text()).slice(0, mostAnswerBytes)
    if (answer.status === 409 && answer.headers.get('content-type') === 'text/x.tlog.size') {
      sizes.set(witness.url, Number(text))
      continue
    }
    if (answer.status !== 200) throw new Error(`The witness ${witness.key.name} answered ${answer.status}.`)
    const note = parseNote(signed + text)
    if (note === null || cosignedAt(note, witness.key) === null) {
      throw new Error(`The witness ${witness.key.name} answered with no signature of its own.`)
    }
    sizes.set(witness.url, size)
    return note.signatures
      .filter(({ name, id }) => name === witness.key.name && id === witness.key.id)
      .map(formatSignature)
      .join('')
  }
  return ''
}
