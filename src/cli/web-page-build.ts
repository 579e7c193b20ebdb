/** In a checkout the chat page is built when its sources have changed since; a published package has it ready. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { elpisError } from '../errors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const sources = join(root, 'web')
const stampFile = join(root, 'node_modules/.cache/elpis/web-page')
const vite = join(root, 'node_modules/vite/bin/vite.js')

/** Where the built page lies. */
export const webFolder = join(sources, 'dist')

/**
 * The folder of the page, which is built first if it has to be.
 *
 * @param note told what is going on, when anything is
 * @throws `web_build_failed` with the builder's own words
 */
export async function buildWebPageWhenStale(note: (text: string) => void): Promise<string> {
  if (!existsSync(join(sources, 'src'))) return webFolder
  const stamp = stampOf()
  if (existsSync(join(webFolder, 'index.html')) && readStamp() === stamp) return webFolder
  if (!existsSync(vite)) {
    note('The chat page is not built, for the tools to build it are not installed: run `npm ci`.')
    return webFolder
  }
  note('Building the chat page…')
  // Beside its place, then moved: a server that starts meanwhile finds the old page or the new one, whole.
  const fresh = `${webFolder}-${process.pid}`
  await run([vite, 'build', sources, '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'])
  const old = `${fresh}-old`
  await rename(webFolder, old).catch(() => {})
  await rename(fresh, webFolder)
  await rm(old, { recursive: true, force: true })
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
  return webFolder
}

/** Changes when any source of the page, or a package it may be built from, does. */
function stampOf(): string {
  const hash = createHash('sha256')
  const files = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(sources, file).startsWith('dist'))
  for (const file of [...files.toSorted(), join(root, 'package-lock.json')]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function readStamp(): string | null {
  try {
    return readFileSync(stampFile, 'utf8')
  } catch {
    return null
  }
}

async function run(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)))
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw elpisError('web_build_failed', { reason: output.trim() })
}
