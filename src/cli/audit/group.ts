import type { CommandGroup } from '../command.ts'
import { erase, exportLog, retain } from './content.ts'
import { key } from './key.ts'
import { verify } from './verify.ts'
import { witness } from './witness.ts'

export const audit: CommandGroup = {
  name: 'audit',
  summary: 'The transparency log: its key, its proofs, its witnesses, and what people said.',
  commands: [key, verify, exportLog, erase, retain, witness],
}
