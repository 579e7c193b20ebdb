import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { asElpisError, elpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { signingKeys } from '../standing/webhooks/signing.ts'
import type { WebhookStore } from '../standing/webhooks/webhook-store.ts'
import { Webhooks } from '../standing/webhooks/webhooks.ts'

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
    keys: addresses.length === 0 ? [] : keysIn(variable),
    onFailed: (failure) => log('error', 'webhook', failure),
    onTrouble: (error) => log('error', 'webhooks', { code: asElpisError(error).code }),
  })
  webhooks.start()
  return webhooks
}

function keysIn(variable: string): Buffer[] {
  const text = process.env[variable]
  const keys = signingKeys(text ?? '')
  if (keys !== null) return keys
  throw elpisError('config_invalid', {
    where: 'standing.webhook_secret_env',
    problem: `the variable ${variable} ${text === undefined ? 'is not set' : 'holds no `whsec_` with 24 to 64 bytes in base64'}`,
    suggestion: 'Set it where the server is started: `echo whsec_$(openssl rand -base64 32)` makes one.',
  })
}
