import type { z } from 'zod'
import type { Operation } from '../api/monitoring/operation.ts'
import { parseBody } from '../api/parse.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { Incidents } from '../monitoring/incidents/incidents.ts'
import { Insight } from '../monitoring/insight/insight.ts'
import { withAudit } from './audit/with-audit.ts'
import { throughServer } from './running-server.ts'

/** Asks the running server; does it by ourselves when there is none. The log has it either way. */
export async function performMonitoring<Input extends z.ZodType, Output extends z.ZodType>(
  config: Config,
  operation: Operation<Input, Output>,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  return await throughServer(
    config,
    (server) => server.monitoring(operation, input),
    () => byOurselves(config, operation, input),
  )
}

async function byOurselves<Input extends z.ZodType, Output extends z.ZodType>(
  config: Config,
  operation: Operation<Input, Output>,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  return await withAudit(config, async ({ acts, receipts: evidence }, storage) => {
    const clock = systemClock
    const desk = {
      incidents: new Incidents({ store: storage.incidents, clock, acts, evidence }),
      insight: new Insight({ store: storage.signs, clock, leastPeople: config.insight.least_people }),
      now: () => clock.now(),
    }
    return operation.output.parse(await operation.run(desk, parseBody(operation.input, input), 'owner'))
  })
}
