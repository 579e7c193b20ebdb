import type { Act, Acts } from '../../core/acts.ts'
import type { Clock } from '../../core/clock.ts'
import type { OrganisationId } from '../../core/ids.ts'
import { homeOrganisation, type Principal } from '../../core/principal.ts'
import { elpisError } from '../../errors.ts'
import { authorOf } from '../author.ts'
import type { LiveRoster } from '../live-roster.ts'
import { keyNamed } from '../key-names.ts'
import { demand, reaches } from '../reach.ts'
import { newQuotaId } from '../secrets.ts'
import type { StoredDirectory } from '../stored-directory.ts'
import { subjectKinds, windowOf, type Quota } from './quota.ts'
import type { Quotas, QuotaState, QuotaWish } from './quotas.ts'
import type { QuotaStore } from './store.ts'

interface StoredQuotasParts {
  readonly store: QuotaStore
  readonly live: LiveRoster
  readonly clock: Clock
  readonly directory: StoredDirectory
  readonly acts: Acts
}

/**
 * Reads and changes quotas. Without `by` the operator asks, who may do all; else `by` needs `quotas.read` or
 * `quotas.write` and reaches only its own organisation's, unless it is of `org_home`. Changes are recorded as acts.
 */
export class StoredQuotas implements Quotas {
  readonly #parts: StoredQuotasParts

  constructor(parts: StoredQuotasParts) {
    this.#parts = parts
  }

  async list(by?: Principal): Promise<QuotaState[]> {
    demand(by, 'quotas.read')
    const { store, live, clock } = this.#parts
    const seen = live.quotas.filter((quota) => isFor(quota, by))
    const now = clock.now()
    const counters = seen.map(({ id, period }) => ({ counter: id, start: windowOf(period, now).start }))
    const used = await store.used(counters)
    return seen.map((quota, index) => {
      const each = quota.subject.endsWith(':*')
      return Object.assign({}, quota, { used: each ? null : (used[index] ?? 0) })
    })
  }

  async set({ subject, model, meter, period, amount }: QuotaWish, by?: Principal): Promise<Quota> {
    demand(by, 'quotas.write')
    const { store, live, clock, acts } = this.#parts
    if ((meter === 'streams') !== (period === null))
      throw elpisError('quota_invalid', { problem: 'streams have no period, and all else has one' })
    const whose = this.#subjectNamed(subject, by)
    const same = live.quotas.find(
      (other) =>
        other.subject === whose.subject &&
        other.organisationId === whose.organisationId &&
        other.model === model &&
        other.meter === meter &&
        other.period === period,
    )
    const id = same?.id ?? newQuotaId()
    const quota: Quota = { id, ...whose, model, meter, period, amount, createdAt: clock.now() }
    await acts.within(actOf('set', quota, by), (entry) => store.set(quota, entry))
    live.changeQuotas([...live.quotas.filter((other) => other.id !== id), quota])
    return quota
  }

  async remove(id: string, by?: Principal): Promise<Quota> {
    demand(by, 'quotas.write')
    const { store, live, acts } = this.#parts
    const quota = live.quotas.find((each) => each.id === id && isFor(each, by))
    if (quota === undefined) throw elpisError('quota_not_found', { quota: id.slice(0, 100) })
    if (by !== undefined && !isHome(by) && quota.organisationId === null)
      throw elpisError('beyond_minter', { what: 'a quota that was set for your organisation' })
    const byUs = await acts.within(actOf('removed', quota, by), (entry) => store.remove(id, entry))
    live.changeQuotas(live.quotas.filter((other) => other.id !== id))
    if (!byUs) throw elpisError('quota_not_found', { quota: id })
    return quota
  }

  /** Whom it is for, and whose it is. What an organisation sets binds only its own; on itself it sets none. */
  #subjectNamed(subject: string, by: Principal | undefined): Pick<Quota, 'subject' | 'organisationId'> {
    const [kind = '', ...rest] = subject.split(':')
    const which = rest.join(':')
    const home = by === undefined || isHome(by)
    const organisationId = home ? null : by.organisationId
    if (!(subjectKinds as readonly string[]).includes(kind) || (kind === 'server') === (which !== ''))
      throw elpisError('quota_invalid', { problem: `"${subject.slice(0, 100)}" names nobody` })
    if (!home && (kind === 'server' || kind === 'org'))
      throw elpisError('beyond_minter', { what: `a quota of ${kind}` })
    if (kind === 'server' || which === '*') return { subject, organisationId }
    const { directory } = this.#parts
    switch (kind) {
      case 'org':
        return { subject: `org:${directory.organisationNamed(which, by).id}`, organisationId }
      case 'person':
        return { subject: `person:${directory.personNamed(which, by).id}`, organisationId }
      case 'key':
        return { subject: `key:${this.#keyNamed(which, by)}`, organisationId }
      default:
        if (!/^[0-9a-f]{32}$/.test(which))
          throw elpisError('quota_invalid', { problem: 'an end user is named by the hash in the log' })
        return { subject: `user:${which}`, organisationId }
    }
  }

  #keyNamed(which: string, by: Principal | undefined): string {
    const keys = this.#parts.live.current.keysLike(which)
    return keyNamed(
      which,
      keys.filter(({ organisationId }) => reaches(by, organisationId)),
    ).id
  }
}

function actOf(change: 'set' | 'removed', quota: Quota, by: Principal | undefined): Act {
  const { id, subject, model, meter, period, amount } = quota
  const details = { change, quota: id, model, meter, period, amount }
  return { kind: 'quota-changed', by: authorOf(by), about: subject, details }
}

function isHome({ organisationId }: { readonly organisationId: OrganisationId }): boolean {
  return organisationId === homeOrganisation
}

/** Whether somebody sees it: their own organisation's, and those that were set for it. */
function isFor({ organisationId, subject }: Quota, by: Principal | undefined): boolean {
  if (by === undefined || isHome(by)) return true
  return organisationId === by.organisationId || subject === `org:${by.organisationId}`
}
