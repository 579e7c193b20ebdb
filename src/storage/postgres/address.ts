/** Where a Postgres database is, and how it is called where passwords must not be seen. */

/** `postgres://host:port/name`: the address without user, password and parameters. */
export function addressShown(url: string): string {
  if (!URL.canParse(url)) return 'postgres'
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}
