import { randomBytes } from 'node:crypto'
import type { Act, Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { PersonId } from '../core/ids.ts'
import { homeOrganisation, type Principal, type Role } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { authorOf } from './author.ts'
import type { Directory, NewPerson, Organisation, Person } from './directory.ts'
import { checkedName } from './key-names.ts'
import type { LiveRoster } from './live-roster.ts'
import { covers } from './permissions.ts'
import { demand, reaches } from './reach.ts'
import type { DirectoryChange } from './registry.ts'
import type { Roster } from './roster.ts'
import { newOrganisationId, newPersonId } from './secrets.ts'
import type { DirectoryStore, StoredOrganisation } from './store.ts'

interface DirectoryParts {
  readonly store: DirectoryStore
  readonly live: LiveRoster
  readonly clock: Clock
  readonly acts: Acts
  readonly afterRemoval: () => Promise<void>
}

/** Organisations and people: every change is in the store first, as one with its entry in the log, then in memory, where it ends what it must. */
export class StoredDirectory implements Directory {
  readonly #store: DirectoryStore
  readonly #live: LiveRoster
  readonly #clock: Clock
  readonly #acts: Acts
  readonly #afterRemoval: () => Promise<void>

  constructor({ store, live, clock, acts, afterRemoval }: DirectoryParts) {
    this.#store = store
    this.#live = live
    this.#clock = clock
    this.#acts = acts
    this.#afterRemoval = afterRemoval
  }

  organisations(by?: Principal): Organisation[] {
    demand(by, 'organisations.read')
    return this.#registry.organisations.filter(({ id }) => reaches(by, id)).map(shown)
  }

  person(id: PersonId): Person | null {
    return this.#live.current.registry.person(id)
  }

  people(by?: Principal): Person[] {
    demand(by, 'people.read')
    return this.#registry.people.filter(({ organisationId }) => reaches(by, organisationId))
  }

  async createOrganisation(name: string, by?: Principal): Promise<Organisation> {
    demand(by, 'organisations.write')
    // Of one's own organisation one is the owner, of new ones the server's is.
    if (by !== undefined && by.organisationId !== homeOrganisation)
      throw elpisError('beyond_minter', { what: 'an organisation' })
    const organisation: StoredOrganisation = {
      id: newOrganisationId(),
      name: checkedName(name),
      endUserKey: randomBytes(32).toString('hex'),
      createdAt: this.#clock.now(),
    }
    if (this.#registry.organisations.some((other) => other.name === organisation.name))
      throw elpisError('name_taken', { name: organisation.name })
    const act = actOf('organisation-changed', by, organisation.id, { change: 'created' })
    if (!(await this.#acts.within(act, (entry) => this.#store.insertOrganisation(organisation, entry))))
      throw elpisError('name_taken', { name: organisation.name })
    this.#change({ organisations: [organisation] })
    return shown(organisation)
  }

  async removeOrganisation(which: string, by?: Principal): Promise<Organisation> {
    demand(by, 'organisations.write')
    const organisation = this.organisationNamed(which, by)
    if (organisation.id === homeOrganisation) throw elpisError('home_stays')
    const act = actOf('organisation-changed', by, organisation.id, { change: 'removed' })
    const at = this.#clock.now()
    const byUs = await this.#acts.within(act, (entry) =>
      this.#store.removeOrganisation(organisation.id, at, entry),
    )
    const theirs = this.#registry.people.filter(({ organisationId }) => organisationId === organisation.id)
    this.#change({ gone: [organisation.id, ...theirs.map(({ id }) => id)] })
    if (!byUs) throw elpisError('organisation_not_found', { organisation: which })
    await this.#afterRemoval()
    return organisation
  }

  async addPerson(
    { name, email, role, organisation, vouchedBy }: NewPerson,
    by?: Principal,
  ): Promise<Person> {
    demand(by, 'people.write')
    mayGive(by, role)
    const { id: organisationId } = this.organisationNamed(
      organisation ?? by?.organisationId ?? homeOrganisation,
      by,
    )
    const person: Person = {
      id: newPersonId(),
      organisationId,
      name: checkedName(name),
      email: email === null ? null : checkedEmail(email),
      role,
      createdAt: this.#clock.now(),
    }
    if (person.email !== null && this.#registry.people.some((other) => other.email === person.email))
      throw elpisError('name_taken', { name: person.email })
    const details = { change: 'added', organisation: organisationId, role }
    const act = actOf('person-changed', by, person.id, details)
    const added = await this.#acts.within(
      vouchedBy === undefined ? act : { ...act, by: 'server', details: { ...details, provider: vouchedBy } },
      (entry) => this.#store.insertPerson(person, entry),
    )
    if (added === null) throw elpisError('organisation_not_found', { organisation: organisationId })
    // Two at once, or another process a moment ago.
    if (!added) throw elpisError('name_taken', { name: person.email ?? person.name })
    this.#change({ people: [person] })
    return person
  }

  async rename(id: PersonId, name: string): Promise<Person> {
    const person = this.personNamed(id)
    const changed = { ...person, name: checkedName(name) }
    // What they were called and are called now is in no log.
    const act = { kind: 'person-changed', by: id, about: id, details: { change: 'renamed' } } as const
    if (!(await this.#acts.within(act, (entry) => this.#store.rename(id, changed.name, entry))))
      throw elpisError('person_not_found', { person: id })
    this.#change({ people: [changed] })
    return changed
  }

  async setRole(which: string, role: Role, by?: Principal): Promise<Person> {
    demand(by, 'people.write')
    const person = this.personNamed(which, by)
    mayGive(by, role)
    mayGive(by, person.role)
    const act = actOf('person-changed', by, person.id, { change: 'role', before: person.role, role })
    if (!(await this.#acts.within(act, (entry) => this.#store.setRole(person.id, role, entry))))
      throw elpisError('person_not_found', { person: which })
    const changed = { ...person, role }
    this.#change({ people: [changed] })
    return changed
  }

  async removePerson(which: string, by?: Principal): Promise<Person> {
    demand(by, 'people.write')
    const person = this.personNamed(which, by)
    mayGive(by, person.role)
    const details = { change: 'removed', organisation: person.organisationId, role: person.role }
    const act = actOf('person-changed', by, person.id, details)
    const at = this.#clock.now()
    const byUs = await this.#acts.within(act, (entry) => this.#store.removePerson(person.id, at, entry))
    this.#change({ gone: [person.id] })
    if (!byUs) throw elpisError('person_not_found', { person: which })
    await this.#afterRemoval()
    return person
  }

  /** @throws `organisation_not_found`, also where it is out of reach */
  organisationNamed(which: string, by?: Principal): Organisation {
    const wanted = which.normalize('NFC')
    const found = this.#registry.organisations.find(({ id, name }) => id === wanted || name === wanted)
    if (found === undefined || !reaches(by, found.id))
      throw elpisError('organisation_not_found', { organisation: which.slice(0, 100) })
    return shown(found)
  }

  /**
   * By id or e-mail, or by a name that nobody else has.
   *
   * @throws `person_not_found`, also where they are out of reach
   */
  personNamed(which: string, by?: Principal): Person {
    const wanted = which.normalize('NFC')
    const inReach = this.#registry.people.filter(({ organisationId }) => reaches(by, organisationId))
    const sure = inReach.find(({ id, email }) => id === wanted || email === wanted.toLowerCase())
    const named = inReach.filter(({ name }) => name === wanted)
    const found = sure ?? (named.length === 1 ? named[0] : undefined)
    if (found === undefined) throw elpisError('person_not_found', { person: which.slice(0, 100) })
    return found
  }

  get #registry(): Roster['registry'] {
    return this.#live.current.registry
  }

  #change(change: DirectoryChange): void {
    this.#live.change((roster) => roster.changeDirectory(change))
  }
}

function actOf(kind: Act['kind'], by: Principal | undefined, about: string, details: Act['details']): Act {
  return { kind, by: authorOf(by), about, details }
}

/** Nobody gives, takes or changes a role beyond their own. */
function mayGive(by: Principal | undefined, role: Role): void {
  if (by !== undefined && !covers(by.role, role)) throw elpisError('beyond_minter', { what: `role: ${role}` })
}

function checkedEmail(email: string): string {
  const plain = email.trim().normalize('NFC').toLowerCase()
  if (plain.length > 254 || !/^[^\s@\p{Cc}\p{Cf}]+@[^\s@\p{Cc}\p{Cf}]+$/u.test(plain))
    throw elpisError('name_invalid', { problem: 'it is no e-mail address' })
  return plain
}

function shown({ id, name, createdAt }: StoredOrganisation): Organisation {
  return { id, name, createdAt }
}
