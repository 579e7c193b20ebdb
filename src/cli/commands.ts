import type { Command, CommandGroup } from './command.ts'
import { config } from './config.ts'

/** All commands in the order of the help. */
export const commands: readonly (Command | CommandGroup)[] = [config]
