import type { z } from 'zod'
import { createAccess } from '../access/create-access.ts'
import type { AccessOperation } from '../api/access/operation.ts'
import { connectControl } from '../api/control/client.ts'
import { parseBody } from '../api/parse.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { openStorage } from '../storage/storage.ts'

/** Does something about access: through the running server, which then knows at once, by ourselves when there is none. */
export async function performAccess<Input extends z.ZodType, Output extends z.ZodType>(
  config: Config,
  operation: AccessOperation<Input, Output>,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  const server = await connectControl(config.home)
  if (server !== null) {
    try {
      return await server.access(operation, input)
    } finally {
      await server.close()
    }
  }
  const storage = await openStorage(config)
  try {
    const access = await createAccess({ store: storage, clock: systemClock })
    try {
      const result = await operation.run(access, parseBody(operation.input, input), undefined)
      return operation.output.parse(result)
    } finally {
      await access.close()
    }
  } finally {
    await storage.close()
  }
}
