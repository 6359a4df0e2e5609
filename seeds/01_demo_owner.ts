import type { Knex } from 'knex';

/** The person who looks at the demo. Has no password: the demo prints a sign-in link. Safe to repeat. */
export async function seed(knex: Knex): Promise<void> {
  await knex('staff')
    .insert({ email: 'demo@example.com', name: 'Demo owner', role: 'owner' })
    .onConflict('email')
    .ignore();
}
