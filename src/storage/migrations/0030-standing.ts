import { table, whole, type Migration } from './migration.ts'

/** Steps against somebody, and the cases that explain them. */
export const standing: Migration = {
  name: '0030-standing',
  async up(database, options) {
    await table(database, 'cases', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('opened_at', whole(options), (column) => column.notNull())
      .addColumn('updated_at', whole(options), (column) => column.notNull())
      .execute()
    await table(database, 'case_steps', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('case_id', 'text', (column) => column.notNull().references('cases.id'))
      .addColumn('at', whole(options), (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .execute()
    await table(database, 'measures', options)
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('rung', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('case_id', 'text', (column) => column.notNull().references('cases.id'))
      .addColumn('created_at', whole(options), (column) => column.notNull())
      .addColumn('until', whole(options))
      .addColumn('lifted_at', whole(options))
      .addColumn('lifted_by', 'text')
      .addColumn('lift_reason', 'text')
      .addColumn('revision', whole(options), (column) => column.notNull().unique())
      .execute()
    await database.schema.createIndex('cases_target').on('cases').columns(['target', 'state']).execute()
    await database.schema.createIndex('cases_updated').on('cases').columns(['updated_at', 'id']).execute()
    await database.schema.createIndex('case_steps_case').on('case_steps').columns(['case_id', 'at']).execute()
    await database.schema.createIndex('measures_target').on('measures').column('target').execute()
    await database.schema.createIndex('measures_case').on('measures').column('case_id').execute()
    await database.schema
      .createIndex('measures_created')
      .on('measures')
      .columns(['created_at', 'id'])
      .execute()
  },
  async down(database) {
    for (const name of ['measures', 'case_steps', 'cases']) await database.schema.dropTable(name).execute()
  },
}
