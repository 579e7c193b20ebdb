import { createHmac } from 'node:crypto'
import type { EndUser, OrganisationId, PersonId } from '../core/ids.ts'
import { homeOrganisation, type Credentials, type Identity, type Role } from '../core/principal.ts'
import type { Person } from './directory.ts'
import { lesser } from './permissions.ts'
import type { StoredOrganisation } from './store.ts'

/** Organisations and people, in memory. */
export class Registry {
  #organisations = new Map<OrganisationId, StoredOrganisation>()
  #people = new Map<PersonId, Person>()

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
  replace(
    organisations: readonly StoredOrganisation[],
    people: readonly Person[],
  ): Set<OrganisationId | PersonId> {
    const before = { organisations: this.#organisations, people: this.#people }
    this.#organisations = new Map(organisations.map((each) => [each.id, each]))
    this.#people = new Map(people.map((each) => [each.id, each]))
    const changed = new Set<OrganisationId | PersonId>()
    for (const id of before.organisations.keys()) if (!this.#organisations.has(id)) changed.add(id)
    for (const { id, role } of before.people.values())
      if (this.#people.get(id)?.role !== role) changed.add(id)
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
