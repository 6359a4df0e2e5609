import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';

/**
 * Names migrations without their extension. Knex stores the name, and a database migrated from `.ts` files would
 * otherwise be called corrupt by the build, which has `.js` files (knex issue 4037).
 */
export class ExtensionlessMigrations implements Knex.MigrationSource<string> {
  constructor(private readonly directory: string) {}

  async getMigrations(): Promise<string[]> {
    const names = new Set<string>();
    for (const file of await readdir(this.directory)) {
      const name = /^(\d{14}_[a-z0-9_]+)\.(?:ts|js)$/.exec(file)?.[1];
      if (name) names.add(name);
    }
    return [...names].sort();
  }

  getMigrationName(migration: string): string {
    return migration;
  }

  async getMigration(migration: string): Promise<Knex.Migration> {
    return require(join(this.directory, migration)) as Knex.Migration;
  }
}
