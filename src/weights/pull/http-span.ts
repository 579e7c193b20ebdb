import { StartOver, SourceFailure } from './failure.ts'
import { pauseBefore, type HttpAnswer, type HttpClient } from './http-client.ts'
import type { PartialFile, Span, Validators } from './partial-file.ts'
import type { Wanted } from './source.ts'
import { isPassing, refusal } from './status.ts'

export interface SpanFetch {
  readonly client: HttpClient
  readonly address: URL
  readonly partial: PartialFile
  readonly span: Span
  readonly validators: Validators
  readonly wanted: Wanted
}

/**
 * Fetches what is missing of one span. A cut connection goes on where it stopped; attempts run out only when nothing
 * comes between them.
 *
 * @throws `StartOver` when the server has another file now
 */
export async function fetchSpan(fetch: SpanFetch): Promise<void> {
  const { span, wanted } = fetch
  const length = span.end - span.start
  let failures = 0
  let markedAt = span.done
  while (span.done < length) {
    try {
      await readOnce(fetch)
    } catch (error) {
      wanted.signal.throwIfAborted()
      if (!isCut(error)) throw error
      if (span.done - markedAt >= wanted.limits.progress) failures = 0
      markedAt = span.done
      failures++
      if (failures >= wanted.limits.attempts) throw given(error)
      wanted.report({ type: 'source-retry', source: wanted.source, reason: (error as Error).message })
      await pauseBefore(failures, wanted.limits, wanted.signal)
    }
  }
}

/** A cut that another attempt may mend. */
class Cut extends Error {}

async function readOnce(fetch: SpanFetch): Promise<void> {
  const { client, address, partial, span, validators, wanted } = fetch
  const from = span.start + span.done
  const validator = validators.etag ?? validators.lastModified
  const answer = await client.get(
    address,
    {
      range: `bytes=${from}-${span.end - 1}`,
      ...(validator === null ? {} : { 'if-range': validator }),
    },
    wanted.signal,
  )
  try {
    checkAnswer(answer, fetch, from)
    await readBody(answer)
  } finally {
    answer.body.destroy()
  }

  async function readBody({ body }: HttpAnswer): Promise<void> {
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        if (span.start + span.done + chunk.length > span.end) {
          throw new SourceFailure('broken', 'it sends more than it announced')
        }
        partial.addContributor(wanted.source)
        await partial.append(span, chunk)
        wanted.report({
          type: 'file-progress',
          file: wanted.file,
          received: partial.received,
          total: partial.state?.total ?? null,
        })
      }
    } catch (error) {
      wanted.signal.throwIfAborted()
      if (isNetworkError(error)) throw new Cut(`${reasonOf(error)} at ${span.start + span.done} bytes`)
      throw error
    }
    if (span.start + span.done < span.end) throw new Cut(`it ended early, at ${span.start + span.done} bytes`)
  }
}

function checkAnswer(
  answer: HttpAnswer,
  { partial, span, validators, address, client }: SpanFetch,
  from: number,
) {
  const { status, headers } = answer
  if (status === 200) throw new StartOver('the file changed while it was read')
  if (status === 416) throw new StartOver('the file became shorter')
  if (isPassing(status)) throw new Cut(`${address.host} answers ${status}`)
  if (status !== 206) throw refusal(status, address, client)
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new SourceFailure('broken', 'it sends a range compressed, which was not asked for')
  }
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(String(headers['content-range']))
  const [, start, last, total] = range ?? []
  if (Number(total) !== partial.state?.total) throw new StartOver('the file has another size now')
  if (Number(start) !== from || Number(last) >= span.end) {
    throw new SourceFailure(
      'broken',
      `it answers another range than the one asked for (${range?.[0] ?? 'none'})`,
    )
  }
  const etag = headers['etag']
  if (validators.etag !== null && etag !== undefined && etag !== validators.etag) {
    throw new StartOver('the file changed while it was read')
  }
}

function isCut(error: unknown): boolean {
  return error instanceof Cut || (error instanceof SourceFailure && error.kind === 'unreachable')
}

/** After the last attempt. */
function given(error: unknown): SourceFailure {
  return error instanceof SourceFailure ? error : new SourceFailure('broken', (error as Error).message)
}

/** Errors of the connection, as opposed to those of the disk or of ours. */
export function isNetworkError(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? ''
  return (
    code.startsWith('UND_ERR') ||
    code.startsWith('HPE_') ||
    ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code)
  )
}

/** Why a transfer broke off, in words for the user. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: string }).code
  return code === 'UND_ERR_BODY_TIMEOUT' ? 'it fell silent' : 'the connection was cut'
}
