import { createHmac } from 'node:crypto'
import type { EndUser, OrganisationId, PersonId } from '../core/ids.ts'
import { homeOrganisation, type Credentials, type Identity, type Role } from '../core/principal.ts'
import type { Person } from './directory.ts'
import { lesser } from './permissions.ts'
import type { StoredOrganisation } from './store.ts'

/** What became of organisations and people. */
export interface DirectoryChange {
  /** As they are now, also new ones. */
  readonly organisations?: readonly StoredOrganisation[]
  readonly people?: readonly Person[]
  /** Ids of those who are there no more; others are passed over. */
  readonly gone?: Iterable<string>
}

/** Organisations and people, in memory. */
export class Registry {
  readonly #organisations = new Map<OrganisationId, StoredOrganisation>()
  readonly #people = new Map<PersonId, Person>()

  get organisations(): StoredOrganisation[] {
    return [...this.#organisations.values()]
  }

  get people(): Person[] {
    return [...this.#people.values()]
  }

  organisation(id: OrganisationId): StoredOrganisation | null {
    return this.#organisations.get(id) ?? null
  }

  person(id: PersonId): Person | null {
    return this.#people.get(id) ?? null
  }

  /** @returns those of before who are gone, and people who may do less or other things than they could */
  change({ organisations = [], people = [], gone = [] }: DirectoryChange): Set<string> {
    const changed = new Set<string>()
    for (const id of gone) {
      const wasThere = this.#organisations.delete(id as OrganisationId) || this.#people.delete(id as PersonId)
      if (wasThere) changed.add(id)
    }
    for (const each of organisations) this.#organisations.set(each.id, each)
    for (const person of people) {
      const before = this.#people.get(person.id)
      if (before !== undefined && before.role !== person.role) changed.add(person.id)
      this.#people.set(person.id, person)
    }
    return changed
  }

  /** Who that is; null when the organisation or the person is not there (any more). */
  identityOf(
    { organisationId, personId, role }: Pick<Identity, 'organisationId' | 'personId' | 'role'>,
    { network = null, endUser = null, device = null }: Pick<Credentials, 'network' | 'endUser' | 'device'>,
  ): Identity | null {
    const organisation = this.#organisations.get(organisationId)
    const person = personId === null ? null : this.#people.get(personId)
    if (organisation === undefined || person === undefined) return null
    return {
      organisationId,
      personId,
      role: roleOf(role, person),
      endUser: endUser === null ? null : hashed(endUser, organisation),
      network,
      device,
    }
  }
}

/** The owner of the home, who may sign in before there is anybody else. */
export const ownerOfHome = {
  organisationId: homeOrganisation,
  personId: null,
  role: 'owner',
} as const satisfies Partial<Identity>

function roleOf(role: Role, person: Person | null): Role {
  return person === null ? role : lesser(role, person.role)
}

/** Of 128 bits; who knows the name but not the key of the organisation cannot make it. */
function hashed(endUser: string, { endUserKey }: StoredOrganisation): EndUser {
  const code = createHmac('sha256', Buffer.from(endUserKey, 'hex')).update(endUser.normalize('NFC'))
  return code.digest('hex').slice(0, 32) as EndUser
}
