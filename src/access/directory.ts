import type { OrganisationId, PersonId } from '../core/ids.ts'
import type { Principal, Role } from '../core/principal.ts'

export interface Organisation {
  readonly id: OrganisationId
  readonly name: string
  readonly createdAt: number
}

/** Somebody of an organisation. */
export interface Person {
  readonly id: PersonId
  readonly organisationId: OrganisationId
  readonly name: string
  /** Lower case; null when none was given. Nobody else has the same. */
  readonly email: string | null
  readonly role: Role
  readonly createdAt: number
}

export interface NewPerson {
  readonly name: string
  readonly email: string | null
  readonly role: Role
  /** By id or name; the home organisation, or that of `by`, when left out. */
  readonly organisation?: string | undefined
  /** The provider on whose word they came in by themselves; left out, somebody adds them. */
  readonly vouchedBy?: string | undefined
}

/**
 * Organisations and people. `by` is who asks, and bounds what is seen and changed: their own organisation, unless that is
 * the one that runs this server. Left out, it is whoever sits at the machine. Every change holds at once.
 */
export interface Directory {
  organisations(by?: Principal): Organisation[]
  people(by?: Principal): Person[]
  /** From memory; null when there is nobody of that id. */
  person(id: PersonId): Person | null
  /** @throws `not_permitted`, `name_taken`, `name_invalid` */
  createOrganisation(name: string, by?: Principal): Promise<Organisation>
  /**
   * Ends its keys, its people's sessions and what they are running.
   *
   * @throws `organisation_not_found`, `home_stays`
   */
  removeOrganisation(which: string, by?: Principal): Promise<Organisation>
  /** @throws `organisation_not_found`, `name_taken`, `name_invalid`, `beyond_minter` */
  addPerson(person: NewPerson, by?: Principal): Promise<Person>
  /** What somebody is called: for themselves to say. @throws `person_not_found`, `name_invalid` */
  rename(id: PersonId, name: string): Promise<Person>
  /** @throws `person_not_found`, `beyond_minter` */
  setRole(which: string, role: Role, by?: Principal): Promise<Person>
  /** @throws `person_not_found`, `beyond_minter` */
  removePerson(which: string, by?: Principal): Promise<Person>
}
