/** Fetches one file over HTTP: in several parts at once when the server can, going on where an earlier attempt stopped. */
import type { Sha256 } from '../../core/ids.ts'
import { asSha256 } from '../digest.ts'
import { requireRoom } from './disk.ts'
import { StartOver, SourceFailure } from './failure.ts'
import { pauseBefore, type HttpAnswer, type HttpClient } from './http-client.ts'
import { fetchSpan } from './http-span.ts'
import { fetchWhole } from './http-whole.ts'
import type { PartialFile, Validators } from './partial-file.ts'
import type { FetchFile, Wanted } from './source.ts'
import { refusal, isPassing } from './status.ts'

const mostRestarts = 2

/** What the first answer says about the file. */
interface Probe extends Validators {
  /** Null: the server gives the file only as a whole, and says nothing about its size. */
  readonly total: number | null
  readonly ranges: boolean
  /** The hub's word on the digest. */
  readonly promised: Sha256 | null
  readonly body: HttpAnswer['body']
}

/** A source that reads `address`, which may be behind the hub's token. */
export function httpSource(client: HttpClient, address: URL): FetchFile {
  return async (partial, wanted) => {
    for (let restarts = 0; ; restarts++) {
      try {
        return await attempt(partial, wanted)
      } catch (error) {
        if (!(error instanceof StartOver)) throw error
        await partial.clear()
        if (restarts === mostRestarts) throw new SourceFailure('broken', error.message)
        wanted.report({
          type: 'source-retry',
          source: wanted.source,
          reason: `${error.message}; starting over`,
        })
        await pauseBefore(restarts + 1, wanted.limits, wanted.signal)
      }
    }
  }

  async function attempt(partial: PartialFile, wanted: Wanted): Promise<Sha256 | null> {
    const found = await probe(wanted)
    if (wanted.expected !== null && found.promised !== null && wanted.expected !== found.promised) {
      found.body.destroy()
      throw new SourceFailure('digest', `it announces sha256 ${found.promised} instead of ${wanted.expected}`)
    }
    if (!found.ranges || found.total === null) {
      await partial.clear()
      await fetchWhole(partial, wanted, found)
      return found.promised
    }
    await found.body.dump().catch(() => undefined)
    const parts = found.total >= wanted.limits.partsFrom ? wanted.limits.parts : 1
    const resumable = isSameFile(partial, found, wanted.expected ?? found.promised)
    await requireRoom(partial.folder, found.total - (resumable ? partial.received : 0), {
      free: wanted.free,
      spare: wanted.limits.spare,
    })
    if (resumable) await partial.resume(found)
    else await partial.begin(found.total, found, parts)
    wanted.report({
      type: 'source-start',
      source: wanted.source,
      file: wanted.file,
      have: partial.received,
      total: found.total,
    })
    await fetchSpans(partial, wanted, found)
    return found.promised
  }

  async function fetchSpans(partial: PartialFile, wanted: Wanted, found: Validators): Promise<void> {
    const others = new AbortController()
    const signal = AbortSignal.any([wanted.signal, others.signal])
    const spans = partial.state?.spans ?? []
    const fetched = spans.map(async (span) => {
      try {
        await fetchSpan({ client, address, partial, span, validators: found, wanted: { ...wanted, signal } })
      } catch (error) {
        others.abort(error) // one part that cannot go on ends all
        throw error
      }
    })
    await Promise.allSettled(fetched)
    // Also after a failure, and while the process is being stopped: what is here is not fetched twice.
    await partial.close()
    wanted.signal.throwIfAborted()
    if (others.signal.aborted) throw others.signal.reason
  }

  /** Asks for the first byte: the answer tells the size, whether ranges work, and what the hub knows. */
  async function probe(wanted: Wanted): Promise<Probe> {
    for (let failures = 0; ;) {
      const answer = await client.get(address, { range: 'bytes=0-0' }, wanted.signal)
      if (answer.status === 206 || answer.status === 200) return understand(answer, client, address)
      await answer.body.dump({ limit: 65_536 }).catch(() => undefined)
      // An empty file, or a server that dislikes the range: without one it has to say what it has.
      if (answer.status === 416) return await probeWhole(wanted)
      if (!isPassing(answer.status)) throw refusal(answer.status, address, client)
      failures++
      if (failures === wanted.limits.attempts) throw refusal(answer.status, address, client)
      await pauseBefore(failures, wanted.limits, wanted.signal)
    }
  }

  async function probeWhole(wanted: Wanted): Promise<Probe> {
    const answer = await client.get(address, {}, wanted.signal)
    if (answer.status === 200) return understand(answer, client, address)
    answer.body.destroy()
    throw refusal(answer.status, address, client)
  }
}

function understand(answer: HttpAnswer, client: HttpClient, address: URL): Probe {
  const header = (name: string) => {
    const value = answer.headers[name]
    return typeof value === 'string' ? value : null
  }
  const encoding = header('content-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    answer.body.destroy()
    throw new SourceFailure('broken', `it sends the file compressed (${encoding}), which was not asked for`)
  }
  const etag = header('etag')
  const validators = {
    // A weak tag says "about the same", which is not enough to put halves together.
    etag: etag === null || etag.startsWith('W/') ? null : etag,
    lastModified: header('last-modified'),
  }
  const promised = promisedDigest(answer, client, address)
  if (answer.status === 206) {
    const total = /^bytes 0-0\/(\d{1,15})$/.exec(header('content-range') ?? '')?.[1]
    if (total === undefined || Number(total) === 0) {
      answer.body.destroy()
      throw new SourceFailure('broken', `it answers a range with "${header('content-range') ?? 'nothing'}"`)
    }
    return { ...validators, total: Number(total), ranges: true, promised, body: answer.body }
  }
  const length = header('content-length')
  const total = length === null ? null : Number(length)
  return { ...validators, total, ranges: false, promised, body: answer.body }
}

/** The hub states the digest of a large file in a header of its own answer; nobody else's word counts. */
function promisedDigest(answer: HttpAnswer, client: HttpClient, address: URL): Sha256 | null {
  const hub = new URL(client.hub).origin
  if (address.origin !== hub) return null
  const own = [...answer.redirects, { url: answer.url, headers: answer.headers }].filter(
    ({ url }) => url.origin === hub,
  )
  for (const { headers } of own) {
    const tag = headers['x-linked-etag']
    const digest = typeof tag === 'string' ? asSha256(tag.replaceAll('"', '')) : null
    if (digest !== null) return digest
  }
  return null
}

/** Whether what is here is the beginning of what the source has. */
function isSameFile(partial: PartialFile, found: Probe, digest: Sha256 | null): boolean {
  const state = partial.state
  if (state === null || state.total !== found.total) return false
  // With a digest the end tells, so that even another mirror may go on. Without one only a validator can vouch for it.
  if (digest !== null) return true
  if (state.etag !== null) return state.etag === found.etag
  return state.lastModified !== null && state.lastModified === found.lastModified
}
