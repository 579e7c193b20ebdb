import { acceptDocument, listAcceptances } from './acceptances.ts'
import { createKey, createMyKey, listKeys, myKeys, revokeKey, revokeMyKey, rotateKey } from './keys.ts'
import { changeMe } from './me.ts'
import type { AccessOperation } from './operation.ts'
import {
  addPerson,
  createOrganisation,
  listOrganisations,
  listPeople,
  removeOrganisation,
  removePerson,
  setRole,
} from './people.ts'
import { listQuotas, removeQuota, setQuota } from './quotas.ts'

/** Every operation, in the order of the document. */
export const accessOperations = [
  changeMe,
  myKeys,
  createMyKey,
  revokeMyKey,
  listAcceptances,
  acceptDocument,
  createOrganisation,
  listOrganisations,
  removeOrganisation,
  addPerson,
  listPeople,
  setRole,
  removePerson,
  createKey,
  listKeys,
  rotateKey,
  revokeKey,
  listQuotas,
  setQuota,
  removeQuota,
] as readonly AccessOperation[]
