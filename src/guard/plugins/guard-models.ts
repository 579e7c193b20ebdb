import { gptOssSafeguard } from './gpt-oss-safeguard.ts'
import { graniteGuardian } from './granite-guardian.ts'
import type { GuardModel } from './guard-model.ts'
import { llamaGuard3, llamaGuard4 } from './llama-guard.ts'
import { nemoGuard } from './nemo-guard.ts'
import { qwen3Guard } from './qwen3-guard.ts'
import { shieldGemma } from './shield-gemma.ts'
import { wildGuard } from './wild-guard.ts'

/** All that an engine can serve; whoever adds one adds a file and a line. */
export const guardModels: readonly GuardModel[] = [
  llamaGuard3,
  llamaGuard4,
  qwen3Guard,
  shieldGemma,
  graniteGuardian,
  wildGuard,
  gptOssSafeguard,
  nemoGuard,
]
