import type { Sha256 } from '../../core/ids.ts'
import { isIPv6 } from 'node:net'
import { elpisError } from '../../errors.ts'
import { hashOf } from '../secrets.ts'
import type { Bound, SignInStore } from './store.ts'

const windowMilliseconds = 15 * 60 * 1000
const most = {
  /** Of one account from one network. Locks out whoever guesses, not whom they guess at. */
  pair: 10,
  /** From one network, at whatever account. */
  network: 60,
  /** Of one account, from wherever: a botnet gets this many guesses. Other methods than this one still work. */
  account: 100,
} as const

export interface Tries {
  /** To be called when the try was good. */
  succeeded(): Promise<void>
}

/**
 * Counts a try before it is made, so that many at once count as many.
 *
 * @param account what is being tried to get into, as the client named it, or the id of a person
 * @throws `too_many_tries` with the time to wait
 */
export async function countTry(
  store: Pick<SignInStore, 'count' | 'countedGood'>,
  { method, account, network, now }: { method: string; account: string; network: string | null; now: number },
): Promise<Tries> {
  const place = networkOf(network)
  const pair = subject(method, 'pair', account, place)
  const wide = [subject(method, 'network', place), subject(method, 'account', account)] as const
  const bounds: Bound[] = [
    { subject: wide[0], most: most.network },
    { subject: pair, most: most.pair },
    { subject: wide[1], most: most.account },
  ]
  const again = await store.count(bounds, windowMilliseconds, now)
  if (again !== null) {
    const error = elpisError('too_many_tries', { minutes: Math.ceil((again - now) / 60_000) })
    error.retryAfter = (again - now) / 1000
    throw error
  }
  // Of the network and the account only this try is given back: many people behind one address do not lock each other
  // out, and an attacker who has one account of their own clears nothing.
  return {
    succeeded: () => store.countedGood({ forget: pair, giveBack: wide, before: now + windowMilliseconds }),
  }
}

function subject(...parts: readonly string[]): Sha256 {
  return hashOf(JSON.stringify(parts))
}

/** One household or office has a /64 of IPv6 and could take a new address for every try. */
function networkOf(address: string | null): string {
  if (address === null || !isIPv6(address)) return address ?? 'unknown'
  const [head = '', tail] = address.split('::', 2)
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const whole = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
  return whole.slice(0, 4).join(':')
}
