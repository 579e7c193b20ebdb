/** A database as the first version of Elpis left it, to be upgraded by tests. Never edited. */

/** What `0001-access` made on SQLite. */
export const firstTablesOnSqlite = `
create table "migrations" ("name" text primary key not null, "applied_at" integer not null) strict;
create table "keys" ("id" text primary key not null, "name" text not null, "prefix" text not null, "hash" text not null unique, "created_at" integer not null, "last_used_at" integer, "revoked_at" integer) strict;
create table "sessions" ("id" text primary key not null, "hash" text not null unique, "key_id" text references "keys" ("id") on delete cascade, "created_at" integer not null, "expires_at" integer not null) strict;
create index "sessions_key_id" on "sessions" ("key_id");
create index "sessions_expires_at" on "sessions" ("expires_at");
create table "sign_in_links" ("hash" text primary key not null, "created_at" integer not null, "expires_at" integer not null) strict;
create table "versions" ("topic" text primary key not null, "version" integer not null) strict;
insert into "versions" ("topic", "version") values ('access', 0);
insert into "migrations" ("name", "applied_at") values ('0001-access', 1700000000000);
`

/** Rows of its tables, in SQL that every database takes. */
export const firstRows = `
insert into keys (id, name, prefix, hash, created_at, last_used_at, revoked_at) values
  ('key_old', 'laptop', 'elpis-aaaa', '${'a'.repeat(64)}', 1700000000001, 1700000000500, null),
  ('key_gone', 'it''s "gone" ✓', 'elpis-bbbb', '${'b'.repeat(64)}', 1700000000002, null, 1700000000600);
insert into sessions (id, hash, key_id, created_at, expires_at) values
  ('ses_key', '${'c'.repeat(64)}', 'key_old', 1700000000003, 4700000000000),
  ('ses_owner', '${'d'.repeat(64)}', null, 1700000000004, 4700000000000);
insert into sign_in_links (hash, created_at, expires_at) values ('${'e'.repeat(64)}', 1700000000005, 4700000000000);
update versions set version = 7 where topic = 'access';
`
