import type { Command, CommandGroup } from './command.ts'
import { config } from './config.ts'
import { doctor } from './doctor.ts'
import { inspect } from './inspect.ts'
import { keys } from './keys.ts'
import { models } from './models.ts'
import { pull } from './pull.ts'
import { rm } from './rm.ts'
import { run } from './run.ts'
import { serve } from './serve.ts'
import { verify } from './verify.ts'

/** All commands in the order of the help. */
export const commands: readonly (Command | CommandGroup)[] = [
  serve,
  run,
  pull,
  models,
  inspect,
  rm,
  verify,
  keys,
  doctor,
  config,
]
