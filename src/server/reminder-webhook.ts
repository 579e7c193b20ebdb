import type { Log } from '../log.ts'

const answerMilliseconds = 10_000

/** Tells an address of the operator's; that it could not be reached is logged, and stops nothing. */
export function reminderWebhook(address: string, log: Log): (body: object) => void {
  return (body) => {
    if (address === '') return
    fetch(address, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMilliseconds),
    })
      .then(async (answer) => {
        await answer.body?.cancel()
        if (!answer.ok) log('error', 'webhook-refused', { status: answer.status })
      })
      .catch((error: unknown) => log('error', 'webhook-unreachable', { reason: String(error).slice(0, 200) }))
  }
}
