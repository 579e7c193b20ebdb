import type { PersonId } from '../core/ids.ts'
import type { Principal } from '../core/principal.ts'
import type { SignedIn } from './access.ts'
import type { Directory, NewPerson, Person } from './directory.ts'
import type { LiveRoster } from './live-roster.ts'
import type { Sessions } from './sessions.ts'
import type { PersonDoor, PersonSession } from './sign-in/sign-in.ts'
import type { StoredSession } from './store.ts'

/** What sign-in sees of people and their sessions, from memory. */
export class LivePersonDoor implements PersonDoor {
  readonly #live: LiveRoster
  readonly #directory: Directory
  readonly #sessions: Sessions

  constructor(live: LiveRoster, directory: Directory, sessions: Sessions) {
    this.#live = live
    this.#directory = directory
    this.#sessions = sessions
  }

  person(id: PersonId): Person | null {
    return this.#live.current.registry.person(id)
  }

  personByEmail(email: string): Person | null {
    const plain = email.normalize('NFC').toLowerCase()
    return this.#live.current.registry.people.find((person) => person.email === plain) ?? null
  }

  add(person: NewPerson, by?: Principal): Promise<Person> {
    return this.#directory.addPerson(person, by)
  }

  organisationName({ organisationId }: Person): string {
    return this.#live.current.registry.organisation(organisationId)?.name ?? ''
  }

  open(session: PersonSession): Promise<SignedIn> {
    return this.#sessions.signInAsPerson(session)
  }

  sessionsOf(personId: PersonId): readonly StoredSession[] {
    return this.#live.current.sessionsOf({ keyId: null, personId })
  }

  end(sessions: readonly StoredSession[]): Promise<void> {
    return this.#sessions.end(sessions)
  }
}
