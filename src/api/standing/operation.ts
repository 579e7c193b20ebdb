/**
 * What can be done about standing, each once: the same value is a route of the admin API, a word of the control socket,
 * and what a command of the command line runs when no server does.
 */
import type { z } from 'zod'
import type { Role } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import type { Standing } from '../../standing/standing.ts'
import type { Target } from '../../standing/target.ts'

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

const actors = ['owner', 'admin', 'reviewer'] as const
const readers = [...actors, 'auditor'] as const

/** Whether whoever acts may do this at all. @throws `standing_not_permitted`, `standing_not_home` */
export function mustBeLetIn(by: Acting, { needs }: Pick<Operation, 'needs'>): void {
  mustBe(by, needs === 'standing.read' ? readers : actors)
}

/** Whoever sits at the machine may: there is nobody above. @throws `standing_own` */
export function mustNotBeOwn(standing: Pick<Standing, 'isOf'>, by: Acting, target: Target): void {
  if (standing.isOf(target, by.id)) throw elpisError('standing_own')
}

/** @throws `standing_not_permitted`, `standing_not_home` */
export function mustBe(by: Acting, roles: readonly Role[]): void {
  // Elsewhere people reach their own organisation only; all this reaches everybody.
  if (!by.atHome) throw elpisError('standing_not_home')
  if (!roles.includes(by.role)) throw elpisError('standing_not_permitted', { role: by.role })
}
