/** A string that may only be used where an id or secret of kind `Kind` is meant; costs nothing at run time. */
export type Branded<Kind extends string> = string & { readonly __kind: Kind }

/** `req_…`: one request at the edge; stands on every answer and in every log line about it. */
export type RequestId = Branded<'RequestId'>
/** `key_…`: names an API key without being one. */
export type KeyId = Branded<'KeyId'>
/** `ses_…`: names a browser session without being its cookie. */
export type SessionId = Branded<'SessionId'>
/** `resp_…`: an answer of the responses endpoint. */
export type ResponseId = Branded<'ResponseId'>
/** `file-…`: a file that a client left here, or that was made for one. */
export type FileId = Branded<'FileId'>
/** `batch_…`: many requests that are answered in the background. */
export type BatchId = Branded<'BatchId'>
/** Whose something is that is kept here: a key's or person's id, or `owner`. */
export type Account = Branded<'Account'>
/**
 * Whom something is erased with: `person:…`, `key:…`, `user:ORGANISATION:…` or `organisation:…`, the nearest to a person
 * that is known of whoever asked.
 */
export type SubjectName = Branded<'SubjectName'>
/** An API key as its owner holds it (`elpis-…`). Never stored, never logged. */
export type KeySecret = Branded<'KeySecret'>
/** The value of a session cookie. Never stored, never logged. */
export type SessionSecret = Branded<'SessionSecret'>
/** The one-time token of a sign-in link. Never stored, never logged. */
export type LinkToken = Branded<'LinkToken'>
/** Lower-case hex SHA-256 of a file or a secret. */
export type Sha256 = Branded<'Sha256'>
/** `org_…`: an organisation. */
export type OrganisationId = Branded<'OrganisationId'>
/** `person_…`: somebody of an organisation. */
export type PersonId = Branded<'PersonId'>
/** A keyed hash of what an organisation calls one of its own users; says nothing to anybody else. */
export type EndUser = Branded<'EndUser'>
/** `ent_…`: the audit entry of one accepted request; also its receipt. */
export type EntryId = Branded<'EntryId'>
/** `case_…`: what standing did to somebody, why, and how to appeal. */
export type CaseId = Branded<'CaseId'>
/** `msr_…`: one step against somebody: a warning, a restriction, a suspension, a ban. */
export type MeasureId = Branded<'MeasureId'>
