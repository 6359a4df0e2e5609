import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';

/** Knex's own sources describe a migration so, and its command line prints `file`. */
export interface MigrationFile {
  file: string;
}

/**
 * Names migrations without their extension. Knex stores the name, and a database migrated from `.ts` files would
 * otherwise be called corrupt by the build, which has `.js` files (knex issue 4037).
 */
export class ExtensionlessMigrations implements Knex.MigrationSource<MigrationFile> {
  constructor(private readonly directory: string) {}

  async getMigrations(): Promise<MigrationFile[]> {
    const names = new Set<string>();
    for (const file of await readdir(this.directory)) {
      const name = /^(\d{14}_[a-z0-9_]+)\.(?:ts|js)$/.exec(file)?.[1];
      if (name) names.add(name);
    }
    return [...names].sort().map((file) => ({ file }));
  }

  getMigrationName(migration: MigrationFile): string {
    return migration.file;
  }

  async getMigration(migration: MigrationFile): Promise<Knex.Migration> {
    return require(join(this.directory, migration.file)) as Knex.Migration;
  }
}
