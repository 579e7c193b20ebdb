import { systemClock, type Clock } from '../../src/core/clock.ts'
import { Egress, type EgressAlert, type EgressPolicy } from '../../src/monitoring/egress.ts'
import { EgressLedger, type EgressStore } from '../../src/monitoring/egress-ledger.ts'

/** Bytes that one key may take in tests. */
export const allowance = 100_000

/** The watch of one server over weights of ten times as many bytes as a key may take; its counts are shared through a store. */
export function sharedEgress(
  store: EgressStore,
  { clock = systemClock, policy = 'cut-key' }: { clock?: Clock; policy?: EgressPolicy } = {},
) {
  const alerts: EgressAlert[] = []
  const troubles: unknown[] = []
  const egress = new Egress({
    clock,
    policy,
    weightsFrom: 1,
    fraction: 0.1,
    fractionAll: 1,
    windowHours: 24,
    onAlert: (alert) => void alerts.push(alert),
  })
  egress.watch([10 * allowance])
  const ledger = new EgressLedger({ egress, store, onTrouble: (error) => void troubles.push(error) })
  return { egress, ledger, alerts, troubles }
}
