import type { z } from 'zod'
import type { Operation } from '../api/monitoring/operation.ts'
import { parseBody } from '../api/parse.ts'
import type { Config } from '../config.ts'
import { noActs } from '../core/acts.ts'
import { systemClock } from '../core/clock.ts'
import { Incidents } from '../monitoring/incidents/incidents.ts'
import { Insight } from '../monitoring/insight/insight.ts'
import { openStorage } from '../storage/storage.ts'
import { throughServer } from './running-server.ts'

/** Asks the running server, whose log then has it; does it by ourselves when there is none. */
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
  const storage = await openStorage(config)
  try {
    const clock = systemClock
    const desk = {
      incidents: new Incidents({ store: storage.incidents, clock, acts: noActs, proofOf: async () => null }),
      insight: new Insight({ store: storage.signs, clock, leastPeople: config.insight.least_people }),
      now: () => clock.now(),
    }
    return operation.output.parse(await operation.run(desk, parseBody(operation.input, input), 'owner'))
  } finally {
    await storage.close()
  }
}
