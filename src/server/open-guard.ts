/** The guard of a server: policies from its home, the layers that ship with it. */
import { join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import type { Signal } from '../core/verdict.ts'
import { asElpisError } from '../errors.ts'
import { Cascade, type Layers } from '../guard/cascade/cascade.ts'
import { openPolicyShelf, type PolicyShelf } from '../guard/policy/shelf.ts'
import { createGuard, type Guard } from '../guard/stage/guard-stage.ts'
import type { Log } from '../log.ts'

export interface OpenGuard extends Guard {
  readonly shelf: PolicyShelf
  close(): Promise<void>
}

export interface GuardWiring {
  readonly log: Log
  readonly onSignal: (signal: Signal) => void
}

/** Where an operator's own policies lie. */
export function policyFolder({ home, guard }: Pick<Config, 'home' | 'guard'>): string {
  return guard.policies === '' ? join(home, 'policies') : resolve(guard.policies)
}

/** @throws `policy_invalid`, `policy_unknown`: nothing starts under a policy that cannot be read */
export async function openGuard(
  config: Pick<Config, 'home' | 'guard'>,
  { log, onSignal }: GuardWiring,
): Promise<OpenGuard> {
  const { guard } = config
  const shelf = openPolicyShelf(policyFolder(config), guard, {
    onChange: ({ version }) => log('info', 'policy changed', { policy: version }),
    onTrouble: (error) => log('error', 'policy not read', { reason: asElpisError(error).message }),
  })
  const layers: Layers = { screen: null, judge: null, guardModel: null }
  const made = createGuard({
    shelf,
    cascade: new Cascade(layers, guard.patience_seconds * 1000),
    clock: systemClock,
    onSignal,
    onTrouble: (layer, error) =>
      log('error', 'guard unavailable', { layer, ...(error instanceof Error ? { kind: error.name } : {}) }),
    goal: windowGoals(),
  })
  return {
    get policy() {
      return made.policy
    },
    judgeInput: (judged) => made.judgeInput(judged),
    release: (drafted, question, judged) => made.release(drafted, question, judged),
    shelf,
    async close() {
      shelf.close()
    },
  }
}

/** Between 4 and 8 tokens: nobody who has the same weights knows where a window ends. */
function windowGoals(): () => number {
  return () => 4 + Math.floor(Math.random() * 5)
}
