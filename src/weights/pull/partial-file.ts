/**
 * A file on its way: the bytes that are here and which ones they are (`state.json`). Survives the process; what
 * the state does not vouch for is fetched again.
 */
import { mkdir, open, readFile, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeAtomically } from '../atomic-file.ts'

const span = z.strictObject({
  start: z.int().min(0),
  /** First byte after the span. */
  end: z.int().min(0),
  /** Bytes from the start that are here. */
  done: z.int().min(0),
})
const stateSchema = z
  .strictObject({
    version: z.literal(1),
    total: z.int().min(1),
    /** Strong entity tag of the file where it came from, else null; likewise its date. */
    etag: z.string().nullable(),
    lastModified: z.string().nullable(),
    /** Sources that bytes came from. */
    contributors: z.array(z.string()),
    spans: z.array(span).min(1).max(64),
  })
  .refine(({ spans, total }) => {
    const gapless = spans.every(({ start, end, done }, index) => {
      return start === (spans[index - 1]?.end ?? 0) && end > start && done <= end - start
    })
    return gapless && spans.at(-1)?.end === total
  })

export type PartialState = z.output<typeof stateSchema>
export type Span = PartialState['spans'][number]
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
}

const checkpointMilliseconds = 1_000

/** Made by `open`; then `begin` or `resume`, `append` for what comes in, and `close` or `clear` in the end. */
export class PartialFile {
  readonly folder: string
  readonly path: string
  #state: PartialState | null = null
  #file: FileHandle | null = null
  #checkpointAt = 0
  #checkpoint: Promise<void> | null = null

  private constructor(folder: string, name: string) {
    this.folder = folder
    this.path = join(folder, name)
  }

  /** Takes up what an earlier process left of the file called `name` in `folder`, if it can be trusted. */
  static async open(folder: string, name: string): Promise<PartialFile> {
    const partial = new PartialFile(folder, name)
    try {
      const state = stateSchema.parse(JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')))
      if ((await stat(partial.path)).size === state.total) partial.#state = state
    } catch {
      // Nothing there, or nothing that can be trusted: begin anew.
    }
    return partial
  }

  get state(): PartialState | null {
    return this.#state
  }

  /** Bytes that are here. */
  get received(): number {
    return this.#state?.spans.reduce((sum, { done }) => sum + done, 0) ?? 0
  }

  get complete(): boolean {
    return this.#state !== null && this.received === this.#state.total
  }

  /** Forgets all bytes and prepares for `total` others, in `parts` spans. */
  async begin(total: number, { etag, lastModified }: Validators, parts: number): Promise<void> {
    await this.clear()
    await mkdir(this.folder, { recursive: true })
    this.#file = await open(this.path, 'w+')
    // Sparse: takes no room yet, but shows every reader the final size.
    await this.#file.truncate(total)
    const size = Math.ceil(total / parts)
    const starts = Array.from({ length: Math.ceil(total / size) }, (_, index) => index * size)
    this.#state = {
      version: 1,
      total,
      etag,
      lastModified,
      contributors: [],
      spans: starts.map((start) => ({ start, end: Math.min(start + size, total), done: 0 })),
    }
    await this.checkpoint(true)
  }

  /** Goes on with what is here, from a source with these validators. */
  async resume({ etag, lastModified }: Validators): Promise<void> {
    if (this.#state === null) throw new Error('There is nothing to go on with.')
    Object.assign(this.#state, { etag, lastModified })
    this.#file ??= await open(this.path, 'r+')
  }

  addContributor(source: string): void {
    if (this.#state?.contributors.includes(source) === false) this.#state.contributors.push(source)
  }

  /** Appends to what is done of a span. The caller sees to it that the span is not overrun. */
  async append(target: Span, chunk: Uint8Array): Promise<void> {
    if (this.#file === null) throw new Error('The partial file is not open.')
    let offset = 0
    while (offset < chunk.length) {
      const position = target.start + target.done
      const { bytesWritten } = await this.#file.write(chunk, offset, chunk.length - offset, position)
      offset += bytesWritten
      target.done += bytesWritten
    }
    await this.checkpoint(false)
  }

  /** Writes the state once a second, always after the bytes it vouches for. */
  async checkpoint(now: boolean): Promise<void> {
    if (this.#checkpoint !== null) {
      if (!now) return
      await this.#checkpoint
    }
    if (!now && Date.now() < this.#checkpointAt) return
    this.#checkpointAt = Date.now() + checkpointMilliseconds
    this.#checkpoint = this.#save()
    try {
      await this.#checkpoint
    } finally {
      this.#checkpoint = null
    }
  }

  /** Makes the bytes durable and lets go of the file. What is here stays for another time. */
  async close(): Promise<void> {
    if (this.#file === null) return
    try {
      if (this.#state !== null) await this.checkpoint(true)
    } finally {
      await this.#file.close()
      this.#file = null
    }
  }

  /** Deletes everything that is here. */
  async clear(): Promise<void> {
    await this.#file?.close()
    this.#file = null
    this.#state = null
    await rm(this.folder, { recursive: true, force: true })
  }

  async #save(): Promise<void> {
    // A snapshot first: bytes that arrive while the disk syncs are not vouched for yet.
    const state = JSON.stringify(this.#state)
    await this.#file?.datasync()
    await writeAtomically(join(this.folder, 'state.json'), state)
  }
}
