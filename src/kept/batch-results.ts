import { elpisError } from '../errors.ts'
import { lineId, lineNumberOf, type LineAnswer } from './batch-door.ts'
import { newFileId } from './files.ts'
import type { FileShelf } from './file-shelf.ts'
import { ResultFile } from './result-file.ts'
import type { StoredBatch, StoredFile } from './store.ts'

/** Results are kept as long as files of clients are by themselves. */
const keptMilliseconds = 30 * 86_400_000

/** What became of each line: answers in one file, refusals and failures in another. */
export class BatchResults {
  readonly #batch: StoredBatch
  readonly #output: ResultFile
  readonly #errors: ResultFile
  readonly #done: Set<number>
  #completed: number

  private constructor(
    batch: StoredBatch,
    files: [ResultFile, ResultFile],
    done: Set<number>,
    completed: number,
  ) {
    this.#batch = batch
    ;[this.#output, this.#errors] = files
    this.#done = done
    this.#completed = completed
  }

  /** Finds what an earlier process has recorded. */
  static async open(batch: StoredBatch, shelf: FileShelf): Promise<BatchResults> {
    const done = new Set<number>()
    const note = (line: string) => {
      const number = lineNumberOf((JSON.parse(line) as { id?: unknown }).id)
      if (number !== null) done.add(number)
    }
    const output = await ResultFile.open(shelf, batch.outputBlob, note)
    const completed = done.size
    const errors = await ResultFile.open(shelf, batch.errorBlob, note)
    return new BatchResults(batch, [output, errors], done, completed)
  }

  has(line: number): boolean {
    return this.#done.has(line)
  }

  get counts(): { readonly completed: number; readonly failed: number } {
    return { completed: this.#completed, failed: this.#done.size - this.#completed }
  }

  /** Null: the time was up before there was an answer. */
  async record(line: number, customId: string | null, answer: LineAnswer | null): Promise<void> {
    const well = answer !== null && answer.error === null
    await (well ? this.#output : this.#errors).append({
      id: lineId(this.#batch.id, line),
      custom_id: customId,
      response:
        answer === null
          ? null
          : { status_code: answer.status, request_id: answer.requestId, body: answer.body },
      error: answer === null ? expired() : null,
    })
    this.#done.add(line)
    if (well) this.#completed++
  }

  /** Durable when this resolves: the files to be, null where nothing is in them. */
  async close(now: number): Promise<{ output: StoredFile | null; errors: StoredFile | null }> {
    const [output, errors] = [await this.#output.close(), await this.#errors.close()]
    return {
      output: this.#fileOf(this.#output, output, now),
      errors: this.#fileOf(this.#errors, errors, now),
    }
  }

  #fileOf(file: ResultFile, bytes: number, now: number): StoredFile | null {
    if (bytes === 0) return null
    const { id, keyId, subject } = this.#batch
    return {
      id: newFileId(),
      account: keyId as string as StoredFile['account'],
      subject,
      name: `${id}_${file === this.#output ? 'output' : 'error'}.jsonl`,
      purpose: 'batch_output',
      bytes,
      createdAt: now,
      expiresAt: now + keptMilliseconds,
      blob: file.blob,
    }
  }
}

function expired(): { code: string; message: string } {
  const { code, message } = elpisError('batch_expired')
  return { code, message }
}
