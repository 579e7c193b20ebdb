/**
 * What leaves the machine as a file: the log, and answers with what was said. Each once: the same value is a word of the
 * control socket, and what a command runs when no server does. Where a grave act takes two people, all of it needs their word.
 */
import { z } from 'zod'
import { answerFile } from '../../audit/answer-record.ts'
import type { Audit } from '../../audit/audit.ts'
import { parseTilePath, tilePath } from '../../audit/tile.ts'
import type { EntryId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import type { Standing } from '../../standing/standing.ts'
import { mustBe, type Acting } from '../standing/operation.ts'

export interface ExportDoor {
  readonly audit: Pick<Audit, 'acts' | 'answers' | 'log'>
  readonly standing: Pick<Standing, 'proposals'>
}

export interface ExportOperation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly input: Input
  readonly output: Output
  run(door: ExportDoor, input: z.output<Input>, by: Acting): Promise<z.input<Output>>
}

function defineExport<Input extends z.ZodType, Output extends z.ZodType>(
  operation: ExportOperation<Input, Output>,
): ExportOperation<Input, Output> {
  return operation
}

const proposal = z.string().max(100).nullable().describe('The one that a second person confirmed.')

export const beginLogExport = defineExport({
  name: 'log',
  input: z.strictObject({ to: z.enum(['lines', 'copy', 'parquet']), proposal }),
  output: z.object({ checkpoint: z.string(), tiles: z.array(z.string()) }),
  async run({ audit, standing }, { to, proposal: id }, by) {
    await mayExport(standing, 'log', by, id)
    const details = { what: 'entries', to }
    await audit.acts.record({ kind: 'content-exported', by: by.person, about: null, details })
    const checkpoint = await audit.log.checkpoint()
    return { checkpoint, tiles: (await audit.log.names()).map(tilePath) }
  },
})

export const exportTile = defineExport({
  name: 'tile',
  input: z.strictObject({ tile: z.string().max(200), proposal }),
  output: z.object({ bytes: z.base64() }),
  async run({ audit, standing }, { tile, proposal: id }, by) {
    await mayExport(standing, 'log', by, id)
    const name = parseTilePath(tile)
    const bytes = name === null ? null : await audit.log.tile(name)
    if (bytes === null) {
      throw elpisError('audit_log_unreadable', { log: 'the log', reason: 'a tile is missing' })
    }
    return { bytes: bytes.toString('base64') }
  },
})

export const exportAnswer = defineExport({
  name: 'answer',
  input: z.strictObject({ id: z.string().max(100), proposal }),
  output: answerFile,
  async run({ audit, standing }, { id: answer, proposal: id }, by) {
    await mayExport(standing, answer, by, id)
    return await audit.answers.forOperator(answer as EntryId, by.person)
  },
})

/** Every operation. */
export const exportOperations = [beginLogExport, exportTile, exportAnswer].map(
  (operation) => operation as unknown as ExportOperation,
)

async function mayExport(
  { proposals }: ExportDoor['standing'],
  subject: string,
  by: Acting,
  id: string | null,
): Promise<void> {
  mustBe(by, ['owner'])
  await proposals.mustBeConfirmed({ kind: 'content-export', subject }, by.person, id)
}
