/** Organisations and people. */
import { z } from 'zod'
import { defineAccessOperation } from './operation.ts'
import { organisationView, personView, role, viewOfOrganisation, viewOfPerson, which } from './views.ts'

const nothing = z.strictObject({})

export const createOrganisation = defineAccessOperation({
  name: 'orgs.create',
  summary: 'Make an organisation',
  method: 'POST',
  path: '/v1/admin/organisations',
  needs: 'organisations.write',
  input: z.strictObject({ name: z.string().max(1000) }),
  output: organisationView,
  run: async ({ directory }, { name }, by) =>
    viewOfOrganisation(await directory.createOrganisation(name, by)),
})

export const listOrganisations = defineAccessOperation({
  name: 'orgs.list',
  summary: 'List the organisations that one may see',
  method: 'GET',
  path: '/v1/admin/organisations',
  needs: 'organisations.read',
  input: nothing,
  output: z.object({ organisations: z.array(organisationView) }),
  run: async ({ directory }, _input, by) => ({
    organisations: directory.organisations(by).map(viewOfOrganisation),
  }),
})

export const removeOrganisation = defineAccessOperation({
  name: 'orgs.rm',
  summary: 'Remove an organisation with its people and keys, at once',
  method: 'DELETE',
  path: '/v1/admin/organisations/:organisation',
  needs: 'organisations.write',
  input: z.strictObject({ organisation: which }),
  output: organisationView,
  run: async ({ directory }, { organisation }, by) =>
    viewOfOrganisation(await directory.removeOrganisation(organisation, by)),
})

export const addPerson = defineAccessOperation({
  name: 'people.add',
  summary: 'Add somebody to an organisation',
  method: 'POST',
  path: '/v1/admin/people',
  needs: 'people.write',
  input: z.strictObject({
    name: z.string().max(1000),
    email: z.string().max(1000).nullish(),
    role: role.default('member'),
    organisation: which.nullish().describe('Their organisation; one’s own when left out.'),
  }),
  output: personView,
  run: async ({ directory }, { name, email, role, organisation }, by) =>
    viewOfPerson(
      await directory.addPerson(
        { name, email: email ?? null, role, organisation: organisation ?? undefined },
        by,
      ),
    ),
})

export const listPeople = defineAccessOperation({
  name: 'people.list',
  summary: 'List the people that one may see',
  method: 'GET',
  path: '/v1/admin/people',
  needs: 'people.read',
  input: nothing,
  output: z.object({ people: z.array(personView) }),
  run: async ({ directory }, _input, by) => ({ people: directory.people(by).map(viewOfPerson) }),
})

export const setRole = defineAccessOperation({
  name: 'people.role',
  summary: 'Give somebody another role, at once',
  method: 'PUT',
  path: '/v1/admin/people/:person/role',
  needs: 'people.write',
  input: z.strictObject({ person: which, role }),
  output: personView,
  run: async ({ directory }, { person, role }, by) => viewOfPerson(await directory.setRole(person, role, by)),
})

export const removePerson = defineAccessOperation({
  name: 'people.remove',
  summary: 'Remove somebody with their keys, at once',
  method: 'DELETE',
  path: '/v1/admin/people/:person',
  needs: 'people.write',
  input: z.strictObject({ person: which }),
  output: personView,
  run: async ({ directory }, { person }, by) => viewOfPerson(await directory.removePerson(person, by)),
})
