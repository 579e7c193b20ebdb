/** Where keys, bans, entries and everything else that must last is kept. */
import { z } from 'zod'

export const storage = z
  .strictObject({
    url: z
      .string()
      .refine((url) => url === '' || (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)), {
        error: 'is an address such as "postgres://user@host:5432/elpis"',
      })
      .default('')
      .describe(
        'Address of a Postgres database, such as `postgres://elpis@db:5432/elpis`, which several servers may share; empty keeps all in SQLite, $ELPIS_HOME/elpis.db. A password is better given as PGPASSWORD.',
      ),
  })
  .prefault({})
