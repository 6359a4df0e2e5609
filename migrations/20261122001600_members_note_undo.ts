import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- A deleted note can be brought back for a while; then it is removed for good.
    alter table member_notes
      add column deleted_at timestamptz,
      add column deleted_by integer references staff on delete set null;
    create index member_notes_deleted_idx on member_notes (deleted_at) where deleted_at is not null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from member_notes where deleted_at is not null;
    alter table member_notes drop column deleted_at, drop column deleted_by;
  `);
}
