import type { z } from 'zod'
import type { ExportOperation } from '../api/log/exporting.ts'
import { parseBody } from '../api/parse.ts'
import { machineOwner } from '../api/standing/operation.ts'
import { askExport, type Asked } from '../api/standing/stopping.ts'
import type { Config } from '../config.ts'
import type { Terminal } from './command.ts'
import { inOwnProcess } from './own-process.ts'
import { throughServer } from './running-server.ts'
import { perform } from './standing-client.ts'

type Perform = <Input extends z.ZodType, Output extends z.ZodType>(
  operation: ExportOperation<Input, Output>,
  input: z.input<Input>,
) => Promise<z.output<Output>>

interface ExportWish {
  /** `log`, or the entry of an answer. */
  readonly what: string
  readonly reason?: string | undefined
  /** The one that a second person confirmed. */
  readonly proposal?: string | undefined
}

/** Options of every command that exports. */
export const exportOptions = {
  reason: {
    type: 'string',
    value: 'TEXT',
    description: 'Why, in one line. Needed where it takes two people.',
  },
  proposal: {
    type: 'string',
    value: 'ID',
    description: 'The proposal that a second person has confirmed, where it takes two (standing.two_people).',
  },
} as const

/**
 * Exports through the running server, by ourselves when there is none; or asks for it, where it takes two people.
 *
 * @returns what must be confirmed first; null when `work` was done
 */
export async function exporting(
  config: Config,
  { what, reason = '', proposal }: ExportWish,
  work: (perform: Perform) => Promise<void>,
): Promise<Asked['proposal']> {
  if (proposal === undefined) {
    const asked = await perform(config, askExport, { what, reason })
    if (!asked.done) return asked.proposal
  }
  await throughServer(
    config,
    (server) => work((operation, given) => server.export(operation, given, process.env['ELPIS_KEY'] || null)),
    () =>
      inOwnProcess(config, (own) =>
        work(async (operation, given) =>
          operation.output.parse(await operation.run(own, parseBody(operation.input, given), machineOwner)),
        ),
      ),
  )
  return null
}

/** Says, where it is so, that something waits for a second person. @returns whether it does */
export function saidToWait(proposal: Asked['proposal'], json: boolean, terminal: Terminal): boolean {
  if (proposal === null) return false
  const { id, until } = proposal
  const line = `Nothing is done yet: somebody else must say \`elpis shutdown confirm ${id}\` before ${until}.`
  terminal.print(json ? JSON.stringify({ proposal }) : line)
  return true
}
