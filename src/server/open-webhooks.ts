import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { WebhookStore } from '../standing/webhooks/webhook-store.ts'
import { Webhooks } from '../standing/webhooks/webhooks.ts'
import { secretKeys } from './secret-keys.ts'

/**
 * Begins to tell the receivers that the settings name. Without any, it only forgets what is too old to tell.
 *
 * @throws `config_invalid` when there is nothing to sign with
 */
export function openWebhooks(config: Pick<Config, 'standing'>, store: WebhookStore, log: Log): Webhooks {
  const { webhooks: addresses, webhook_secret_env: variable } = config.standing
  const webhooks = new Webhooks({
    store,
    clock: systemClock,
    addresses: [...new Set(addresses)],
    keys: addresses.length === 0 ? [] : secretKeys('standing.webhook_secret_env', variable),
    onFailed: (failure) => log('error', 'webhook', failure),
    onTrouble: (error) => log('error', 'webhooks', { code: asElpisError(error).code }),
  })
  webhooks.start()
  return webhooks
}
