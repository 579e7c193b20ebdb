import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import { asElpisError, elpisError, type ElpisError } from '../../../errors.ts'
import { invalid } from '../../parse.ts'

export interface Upload {
  /** As the client calls it; may be anything. */
  readonly name: string
  /** As it arrives. */
  readonly content: Readable
  /** All fields besides the file, once everything has arrived. */
  readonly fields: Promise<Readonly<Record<string, string>>>
}

/** Longest value of a field that is no file. */
const mostFieldBytes = 1000

/**
 * A form with one file, in the field `file` (RFC 7578). Nothing is held in memory but a few kilobytes.
 *
 * @throws `invalid_request`; what `content` and `fields` reject with is an `ElpisError` as well
 */
export function receiveUpload(incoming: IncomingMessage): Promise<Upload> {
  const form = parserFor(incoming)
  const fields: Record<string, string> = {}
  const arrived = Promise.withResolvers<Upload>()
  const finished = Promise.withResolvers<Readonly<Record<string, string>>>()
  let content: BusboyFileStream | null = null
  // Whoever never reads them must not end the process.
  finished.promise.catch(() => {})

  function fail(error: ElpisError): void {
    arrived.reject(error)
    finished.reject(error)
    content?.destroy(error)
    incoming.unpipe(form)
  }

  form.on('file', (field, stream, name) => {
    if (field !== 'file') {
      stream.resume()
      fail(invalid(field.slice(0, 100), 'must not be a file: the file stands in "file"'))
      return
    }
    content = stream
    // What failed is told by `fields` as well, when the content was read already.
    stream.on('error', () => {})
    arrived.resolve({ name: name ?? '', content: stream, fields: finished.promise })
  })
  form.on('field', (field, value, nameCut, valueCut) => {
    if (nameCut || valueCut) fail(invalid(field.slice(0, 100), `may be ${mostFieldBytes} bytes long at most`))
    else fields[field] = value
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    form.on(limit, () => fail(elpisError('invalid_request', { problem: 'The form has too many parts.' })))
  }
  form.once('finish', () => {
    arrived.reject(invalid('file', 'is missing'))
    finished.resolve(fields)
  })
  form.once('error', (error: Error) => fail(broken(error.message)))
  incoming.once('close', () => {
    if (!incoming.complete) fail(elpisError('client_left'))
  })
  // Not `pipeline`: that would hang up on a client whose form is wrong before it could be told.
  incoming.pipe(form)
  return arrived.promise
}

function parserFor({ headers }: IncomingMessage): BusboyInstance {
  const type = headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) {
    throw elpisError('invalid_request', {
      problem: 'The body must be multipart/form-data with the fields "file" and "purpose".',
    })
  }
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': type },
      limits: {
        files: 1,
        fields: 10,
        parts: 12,
        fieldSize: mostFieldBytes,
        fieldNameSize: 100,
        headerPairs: 20,
      },
    })
  } catch (error) {
    throw broken(asElpisError(error).cause instanceof Error ? (error as Error).message : 'it cannot be read')
  }
}

function broken(reason: string): ElpisError {
  return elpisError('invalid_request', { problem: `The form cannot be read: ${reason.replace(/\.$/, '')}.` })
}
