import type { z } from 'zod'
import type { AccessOperation } from '../api/access/operation.ts'
import { parseBody } from '../api/parse.ts'
import type { Config } from '../config.ts'
import { withAccess } from './own-access.ts'
import { throughServer } from './running-server.ts'

/** Does something about access: through the running server, which then knows at once, by ourselves when there is none; the log has it either way. */
export async function performAccess<Input extends z.ZodType, Output extends z.ZodType>(
  config: Config,
  operation: AccessOperation<Input, Output>,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  return await throughServer(
    config,
    (server) => server.access(operation, input),
    () =>
      withAccess(config, async ({ access }) => {
        const result = await operation.run(access, parseBody(operation.input, input), undefined)
        return operation.output.parse(result)
      }),
  )
}
