/**
 * What can be done about standing, each once: the same value is a route of the admin API, a word of the control socket,
 * and what a command of the command line runs when no server does.
 */
import type { z } from 'zod'
import type { Role } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import type { Standing } from '../../standing/standing.ts'

/** Who acts: a person's or key's id with its role; `owner` for whoever sits at the machine. */
export interface Acting {
  readonly id: string
  readonly role: Role
  /** The person behind it: all keys of one person, and all of nobody in particular, are one where people are counted. */
  readonly person: string
  /** Of the organisation that runs the server. */
  readonly atHome: boolean
}

export const machineOwner: Acting = { id: 'owner', role: 'owner', person: 'owner', atHome: true }

export interface Operation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Where the admin API has it. What its `:names` stand for is part of the input. */
  readonly path: string
  readonly needs: 'standing.read' | 'standing.act'
  readonly input: Input
  readonly output: Output
  run(standing: Standing, input: z.output<Input>, by: Acting): Promise<z.input<Output>>
}

/** Keeps the types of input and output for `run` and for callers. */
export function defineOperation<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return operation
}

/** @throws `standing_not_permitted` */
export function mustBe(by: Acting, roles: readonly Role[]): void {
  // Elsewhere people reach their own organisation only; all this reaches everybody.
  if (!by.atHome || !roles.includes(by.role)) throw elpisError('standing_not_permitted', { role: by.role })
}
