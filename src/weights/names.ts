/** Every name that becomes part of a path goes through here. Refused: whatever is not plainly harmless. */
import { elpisError } from '../errors.ts'

/** What a model is called on this machine: `smollm2:135m`. Lower case, so that disks that fold case keep them apart. */
const modelNamePattern = /^[a-z0-9][a-z0-9._-]*(?::[a-z0-9][a-z0-9._-]*)?$/
const longestModelName = 128

/** Letters of file and folder names on hubs. No separators, no control or look-alike characters, ASCII only. */
const segmentPattern = /^[A-Za-z0-9_][A-Za-z0-9._+()=, -]*$/
const longestSegment = 200

/** Whether `name` may name a model on this machine. */
export function isModelName(name: string): boolean {
  return name.length <= longestModelName && modelNamePattern.test(name) && !name.includes('..')
}

/** Whether `segment` may be one part of a path: not `..`, not hidden, no separator, nothing that a shell or disk twists. */
export function isPathSegment(segment: string): boolean {
  return (
    segment.length <= longestSegment &&
    segmentPattern.test(segment) &&
    !segment.endsWith(' ') &&
    !segment.endsWith('.')
  )
}

/** Whether all parts of a `/`-separated relative path are harmless. */
export function isRelativePath(path: string): boolean {
  const segments = path.split('/')
  return segments.length <= 16 && segments.every(isPathSegment)
}

/**
 * The model's name as a file name: `:` is not allowed on every disk.
 *
 * @throws `model_not_pulled` for what cannot be a name at all.
 */
export function fileNameOf(model: string): string {
  if (!isModelName(model)) {
    throw elpisError('model_not_pulled', {
      model: printable(model),
      suggestion: '`elpis models` lists what is; names look like smollm2:135m.',
    })
  }
  return model.replace(':', '+')
}

/** The name for something that was not pulled by a name: the file's own, without what is the same for all. */
export function nameFromFile(file: string): string {
  const name = file
    .replace(/\.gguf$/i, '')
    .replace(/-\d{5}-of-\d{5}$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/\.{2,}/g, '.')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, longestModelName)
  return name === '' ? 'model' : name
}

/** A file's name as it may lie in the store; a user's own file may be called anything. */
export function plainFileName(name: string): string {
  if (isPathSegment(name)) return name
  return name
    .replaceAll(/[^A-Za-z0-9._+()=, -]/g, '_')
    .replace(/^[^A-Za-z0-9_]/, '_')
    .slice(-longestSegment)
}

/** Foreign text as it may be shown: no control or invisible characters, and not without end. */
export function printable(text: string): string {
  const shown = text.replaceAll(/[^\x20-\x7E]/g, '?')
  return shown.length > 120 ? `${shown.slice(0, 117)}...` : shown
}
