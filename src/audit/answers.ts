import type { EntryId } from '../core/ids.ts'
import { homeOrganisation, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { answerRecord, type AnswerFile } from './answer-record.ts'
import type { Contents } from './contents.ts'
import type { Receipts } from './receipts.ts'

/** Answers as files that a stranger can check. */
export class Answers {
  readonly #receipts: Receipts
  readonly #contents: Contents
  readonly #verifierKey: string

  constructor(receipts: Receipts, contents: Contents, verifierKey: string) {
    this.#receipts = receipts
    this.#contents = contents
    this.#verifierKey = verifierKey
  }

  /**
   * For whoever asked.
   *
   * @throws `receipt_not_found`, also for what is somebody else's; `receipt_open`, `content_not_kept`
   */
  async of(id: EntryId, principal: Principal): Promise<AnswerFile> {
    const receipt = await this.#receipts.of(id, principal)
    return this.#file(id, receipt, await this.#contents.own(id))
  }

  /**
   * For whoever runs the server, of any organisation: it counts as a reading of what somebody said.
   *
   * @throws `receipt_not_found`, `content_not_kept`
   */
  async forOperator(id: EntryId, by: string): Promise<AnswerFile> {
    const receipt = await this.#receipts.opening(id)
    if (receipt === null) throw elpisError('receipt_not_found', { id })
    const reader = { id: by, organisation: homeOrganisation }
    return this.#file(id, receipt, await this.#contents.read(id, reader, 'answer export'))
  }

  #file(id: EntryId, receipt: string, kept: string): AnswerFile {
    const record = answerRecord.safeParse(JSON.parse(kept))
    // Kept before answers were recorded, or no answer.
    if (!record.success) throw elpisError('content_not_kept', { id })
    return { version: 1, record: record.data, receipt, key: this.#verifierKey }
  }
}
