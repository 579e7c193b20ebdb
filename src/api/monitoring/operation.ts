/**
 * What can be asked of monitoring, each once: the same value is a route of the admin API, a word of the control socket,
 * and what a command of the command line runs when no server does.
 */
import type { z } from 'zod'
import type { Incidents } from '../../monitoring/incidents/incidents.ts'
import type { Insight } from '../../monitoring/insight/insight.ts'

/** What operations work with. */
export interface Desk {
  readonly incidents: Incidents
  readonly insight: Insight
  readonly now: () => number
}

export interface Operation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST'
  /** Where the admin API has it. What its `:names` stand for is part of the input. */
  readonly path: string
  readonly needs: 'server.read' | 'server.act'
  readonly input: Input
  readonly output: Output
  /** @param by who acts: a person's or key's id, or `owner` */
  run(desk: Desk, input: z.output<Input>, by: string): Promise<z.input<Output>>
}

/** Keeps the types of input and output for `run` and for callers. */
export function defineOperation<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return operation
}
