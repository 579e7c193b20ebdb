import type { CommandGroup } from '../command.ts'
import { key } from './key.ts'
import { verify } from './verify.ts'

export const audit: CommandGroup = {
  name: 'audit',
  summary: 'The transparency log: its key, its proofs.',
  commands: [key, verify],
}
