/**
 * What can be done about who is let in, each once: the same value is a route of the admin API, a word of the control
 * socket, and what a command of the command line runs when no server does.
 */
import type { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { Permission } from '../../access/permissions.ts'
import type { Principal } from '../../core/principal.ts'

export interface AccessOperation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Where the admin API has it. What its `:names` stand for is part of the input. */
  readonly path: string
  readonly needs: Permission
  readonly input: Input
  readonly output: Output
  /** @param by who asks; undefined for whoever sits at the machine */
  run(access: Access, input: z.output<Input>, by: Principal | undefined): Promise<z.input<Output>>
}

/** Keeps the types of input and output for `run` and for callers. */
export function defineAccessOperation<Input extends z.ZodType, Output extends z.ZodType>(
  operation: AccessOperation<Input, Output>,
): AccessOperation<Input, Output> {
  return operation
}
