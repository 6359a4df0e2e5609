import { Client } from 'pg';
import { ConfigError } from '../../src/config';
import { connectionSettings } from '../../src/db/connection';
import { databaseFailure } from '../../src/db/database-failure';
import { UnavailableError } from '../../src/errors';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** What a program is told that tries to use this address. */
async function failure(address: string) {
  const client = new Client(connectionSettings(address));
  client.on('error', () => undefined);
  const error = await client.connect().then(
    () => client.end(),
    (thrown: unknown) => thrown,
  );
  return databaseFailure(error);
}

function changed(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

describe('a database that cannot be used', () => {
  it('because it has another name is a wrong setting', async () => {
    const told = await failure(changed((url) => (url.pathname = '/no_such_database')));
    expect(told).toBeInstanceOf(ConfigError);
    expect(told?.message).toContain('DATABASE_URL: PostgreSQL has no database of this name');
    expect(told?.message).not.toContain('no_such_database');
  });

  it('because it offers no TLS is a wrong setting, and the way out is named', async () => {
    const told = await failure(changed((url) => url.searchParams.set('sslmode', 'require')));
    expect(told).toBeInstanceOf(ConfigError);
    expect(told?.message).toContain('sslmode=disable');
  });

  it.each(['28P01', '28000', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'])(
    'because of %s is a wrong setting',
    (code) => {
      expect(databaseFailure(Object.assign(new Error('x'), { code }))).toBeInstanceOf(ConfigError);
    },
  );

  it('because nothing listens is not: it may be back in a minute', async () => {
    const told = await failure(changed((url) => (url.port = '9')));
    expect(told).toBeInstanceOf(UnavailableError);
    expect(told?.message).toContain('ECONNREFUSED');
  });

  it('is told from every other error', () => {
    expect(databaseFailure(new TypeError('x is not a function'))).toBeNull();
    expect(databaseFailure(undefined)).toBeNull();
  });
});

describe('TLS to the database', () => {
  it.each([
    ['postgresql://localhost/panel', false],
    ['postgresql://127.0.0.1/panel?sslmode=prefer', false],
    ['postgresql://localhost/panel?sslmode=require', { rejectUnauthorized: true }],
    ['postgresql://db.example.com/panel', { rejectUnauthorized: true }],
    ['postgresql://db.example.com/panel?sslmode=prefer', { rejectUnauthorized: true }],
    ['postgresql://db.example.com/panel?sslmode=no-verify', { rejectUnauthorized: false }],
    ['postgresql://db.example.com/panel?sslmode=disable', false],
  ])('of %s is %j', (address, ssl) => {
    expect(connectionSettings(address).ssl).toEqual(ssl);
  });
});
