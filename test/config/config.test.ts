import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../../src/config';

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'patrondesk-config-'));
});
afterAll(() => rmSync(dataDir, { recursive: true }));

const key = Buffer.alloc(32, 1).toString('base64');
const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://panel.example.com/',
  DATABASE_URL: 'postgresql://db.example.com/panel',
  SESSION_SECRET: 'a session secret that is long enough',
  ENCRYPTION_KEYS: `new:${key},old:${key}`,
};

/** What is wrong with these settings, one line each. */
function problems(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig({ DATA_DIR: dataDir, ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the settings', () => {
  it('need nothing on a laptop, and make secrets once that stay', () => {
    const first = loadConfig({ DATA_DIR: dataDir });
    const second = loadConfig({ DATA_DIR: dataDir });
    expect(first.http).toEqual({ host: '127.0.0.1', port: 3000, publicUrl: 'http://localhost:3000', trustProxy: 0 });
    expect(first.secrets.session).toHaveLength(44);
    expect(second.secrets).toEqual(first.secrets);
  });

  it('name everything that production lacks, all at once', () => {
    const missing = problems({ NODE_ENV: 'production' }).map((line) => line.split(' ')[0]);
    expect(missing).toEqual(['PUBLIC_URL', 'DATABASE_URL', 'SESSION_SECRET', 'ENCRYPTION_KEYS']);
  });

  it('are enough for production when those are there', () => {
    const config = loadConfig(production);
    expect(config.http.publicUrl).toBe('https://panel.example.com');
    expect(config.http.host).toBe('0.0.0.0');
    expect(config.secrets.encryptionKeys.map(({ id }) => id)).toEqual(['new', 'old']);
  });

  it.each([
    ['PUBLIC_URL', 'http://panel.example.com'],
    ['SESSION_SECRET', 'short'],
    ['ENCRYPTION_KEYS', 'one:c2hvcnQ='],
    ['ENCRYPTION_KEYS', `bad id:${key}`],
    ['DATABASE_URL', 'mysql://db.example.com/panel'],
    ['DATABASE_URL', 'postgresql://panel:pass word@db.example.com:port/panel'],
    ['PGSSLMODE', 'sometimes'],
    ['PORT', '99999'],
    ['PORT', '3000x'],
    ['SYNC_SCHEDULE', 'every day'],
    ['SYNC_LEASE_SECONDS', '0'],
    ['TRUST_PROXY', 'yes'],
    ['WORKER', 'sometimes'],
    ['PATREON_BASE_URL', 'patreon.com'],
  ])('say what is wrong with %s=%s and never repeat the value', (name, value) => {
    const [problem, ...others] = problems({ ...production, [name]: value });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${name}\\b`));
    expect(problem).not.toContain(value);
  });

  it('let PGSSLMODE speak where the address of the database says nothing about TLS', () => {
    const urlWith = (env: NodeJS.ProcessEnv) => loadConfig({ ...production, ...env }).database.url;
    expect(urlWith({})).toBe(production.DATABASE_URL);
    expect(urlWith({ PGSSLMODE: 'no-verify' })).toBe(`${production.DATABASE_URL}?sslmode=no-verify`);
    const decided = `${production.DATABASE_URL}?sslmode=verify-full`;
    expect(urlWith({ DATABASE_URL: decided, PGSSLMODE: 'no-verify' })).toBe(decided);
  });

  it('treat an empty variable as one that is not set', () => {
    expect(problems({ PORT: '', SYNC_SCHEDULE: '', PATREON_CLIENT_ID: '' })).toEqual([]);
  });

  it('want both creator tokens or neither', () => {
    expect(problems({ PATREON_CREATOR_ACCESS_TOKEN: 'a' })).toHaveLength(1);
  });

  it('take "off" for no schedule', () => {
    expect(loadConfig({ DATA_DIR: dataDir, SYNC_SCHEDULE: 'off' }).sync.schedule).toBeUndefined();
  });

  it('are all described in .env.example, and nothing else is', () => {
    const described = [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    const source = readFileSync('src/config.ts', 'utf8');
    const read = new Set([...source.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name));
    read.add('STAFF_PASSWORD');
    expect(described.sort()).toEqual([...read].sort());
  });
});
