import type { Command, CommandGroup } from './command.ts'
import { config } from './config.ts'
import { keys } from './keys.ts'
import { models } from './models.ts'
import { pull } from './pull.ts'
import { rm } from './rm.ts'
import { verify } from './verify.ts'

/** All commands in the order of the help. */
export const commands: readonly (Command | CommandGroup)[] = [pull, models, rm, verify, keys, config]
