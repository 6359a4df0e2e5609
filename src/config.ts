import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { validate } from 'node-cron';
import { z } from 'zod';
import { projectPath } from './lib/project-path';

export interface EncryptionKey {
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

export interface Config {
  production: boolean;
  /** True when the sources run (npm run dev): views and style sheets are read anew for each page. */
  fromSources: boolean;
  http: { host: string; port: number; publicUrl: string; trustProxy: number };
  database: { url: string | undefined; dataDir: string };
  secrets: { session: string; encryptionKeys: EncryptionKey[] };
  logLevel: string;
  patreon: {
    baseUrl: string;
    clientId: string | undefined;
    clientSecret: string | undefined;
    creatorAccessToken: string | undefined;
    creatorRefreshToken: string | undefined;
    /** 0 paces nothing; a 429 is obeyed all the same. */
    requestsPerMinute: number;
    hourlyBudget: number;
    dailyBudget: number;
    /** How long nobody asks after failures in a row, and after the edge in front of Patreon refused us. */
    breakerSeconds: number;
    edgeBlockSeconds: number;
  };
  /** `schedule` is a cron expression in UTC; `off` in the setting means none. */
  sync: { leaseSeconds: number; schedule: string | undefined };
  worker: 'inline' | 'off';
}

/** All that is wrong with the settings at once; names them and never prints a value. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The settings are not right:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const text = z.string().trim().min(1);
const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) address' })
  .transform((u) => u.replace(/\/+$/, ''));

const encryptionKeys = z.string().transform((value, ctx) => {
  const keys: EncryptionKey[] = [];
  for (const part of value.split(',')) {
    const [id, base64 = '', ...rest] = part.trim().split(':');
    const key = Buffer.from(base64, 'base64');
    if (!id || !/^[\w-]{1,32}$/.test(id) || rest.length > 0 || key.length !== 32) {
      ctx.addIssue({
        code: 'custom',
        message: 'must be id:base64[,id:base64], each key 32 bytes (openssl rand -base64 32)',
      });
      return z.NEVER;
    }
    keys.push({ id, key });
  }
  return keys;
});

const cronExpression = text.refine(
  (value) => value === 'off' || validate(value),
  'must be a cron expression such as 17 */6 * * *, or off',
);

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: text.optional(),
  PORT: whole(0, 65_535).default(3000),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: z
    .string()
    .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), 'must be a postgresql:// address')
    .optional(),
  PGSSLMODE: z
    .enum(
      ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'],
      'must be a mode such as verify-full',
    )
    .optional(),
  DATA_DIR: text.default('./.data'),
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  ENCRYPTION_KEYS: encryptionKeys.optional(),
  TRUST_PROXY: z.union([z.literal('false').transform(() => 0), whole(0, 10)]).default(0),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
  PATREON_BASE_URL: httpUrl.default('https://www.patreon.com'),
  PATREON_CLIENT_ID: text.optional(),
  PATREON_CLIENT_SECRET: text.optional(),
  PATREON_CREATOR_ACCESS_TOKEN: text.optional(),
  PATREON_CREATOR_REFRESH_TOKEN: text.optional(),
  PATREON_REQUESTS_PER_MINUTE: whole(0, 100_000).default(90),
  PATREON_HOURLY_REQUEST_BUDGET: whole(1, 10_000_000).default(2_000),
  PATREON_DAILY_REQUEST_BUDGET: whole(1, 100_000_000).default(20_000),
  SYNC_LEASE_SECONDS: whole(5, 3_600).default(60),
  SYNC_SCHEDULE: cronExpression.default('17 */6 * * *'),
  WORKER: z.enum(['inline', 'off']).default('inline'),
});

const REQUIRED_IN_PRODUCTION = ['PUBLIC_URL', 'DATABASE_URL', 'SESSION_SECRET', 'ENCRYPTION_KEYS'] as const;

/**
 * Reads the settings of design section 9 once. An empty variable counts as unset.
 * Outside production, secrets that are not given are made once and kept under DATA_DIR, so that they survive a restart.
 * @throws ConfigError with every problem.
 */
export function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  defaults: { logLevel: string } = { logLevel: 'info' },
): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
  const production = given.NODE_ENV === 'production';
  if (production) {
    for (const name of REQUIRED_IN_PRODUCTION)
      if (!given[name]) problems.push(`${name} is missing (required in production)`);
    if (given.PUBLIC_URL && !/^https:/.test(given.PUBLIC_URL)) problems.push('PUBLIC_URL: must be https in production');
  }
  if (Boolean(given.PATREON_CREATOR_ACCESS_TOKEN) !== Boolean(given.PATREON_CREATOR_REFRESH_TOKEN)) {
    problems.push('PATREON_CREATOR_ACCESS_TOKEN and PATREON_CREATOR_REFRESH_TOKEN go together: set both or neither');
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return build(parsed.data, defaults);
}

/** The password that `staff:create` is given where nobody can type one; never an argument, which every user of the machine can read. */
export function staffPassword(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.STAFF_PASSWORD || undefined;
}

function build(env: z.output<typeof schema>, defaults: { logLevel: string }): Config {
  const production = env.NODE_ENV === 'production';
  const dataDir = resolve(projectPath(), env.DATA_DIR);
  const made = env.SESSION_SECRET && env.ENCRYPTION_KEYS ? null : developmentSecrets(dataDir);
  return {
    production,
    fromSources: __filename.endsWith('.ts'),
    http: {
      host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
      port: env.PORT,
      publicUrl: env.PUBLIC_URL ?? `http://localhost:${env.PORT}`,
      trustProxy: env.TRUST_PROXY,
    },
    database: { url: withSslMode(env.DATABASE_URL, env.PGSSLMODE), dataDir },
    secrets: {
      session: env.SESSION_SECRET ?? (made?.session as string),
      encryptionKeys: env.ENCRYPTION_KEYS ?? [
        { id: 'development', key: Buffer.from(made?.encryptionKey as string, 'base64') },
      ],
    },
    logLevel: env.LOG_LEVEL ?? defaults.logLevel,
    patreon: {
      baseUrl: env.PATREON_BASE_URL,
      clientId: env.PATREON_CLIENT_ID,
      clientSecret: env.PATREON_CLIENT_SECRET,
      creatorAccessToken: env.PATREON_CREATOR_ACCESS_TOKEN,
      creatorRefreshToken: env.PATREON_CREATOR_REFRESH_TOKEN,
      requestsPerMinute: env.PATREON_REQUESTS_PER_MINUTE,
      hourlyBudget: env.PATREON_HOURLY_REQUEST_BUDGET,
      dailyBudget: env.PATREON_DAILY_REQUEST_BUDGET,
      breakerSeconds: 60,
      edgeBlockSeconds: 300,
    },
    sync: {
      leaseSeconds: env.SYNC_LEASE_SECONDS,
      schedule: env.SYNC_SCHEDULE === 'off' ? undefined : env.SYNC_SCHEDULE,
    },
    worker: env.WORKER,
  };
}

/** libpq's rule: what the address says goes before the variable. Some platforms set the address and let nobody change it. */
function withSslMode(address: string | undefined, mode: string | undefined): string | undefined {
  if (address === undefined || mode === undefined) return address;
  const url = new URL(address);
  if (!url.searchParams.has('sslmode')) url.searchParams.set('sslmode', mode);
  return url.href;
}

function developmentSecrets(dataDir: string): { session: string; encryptionKey: string } {
  const file = join(dataDir, 'development-secrets.json');
  if (!existsSync(file)) makeSecrets(dataDir, file);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Written beside its place and linked there: of two first starts one wins, and nobody reads half a file. */
function makeSecrets(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true });
  const made = { session: randomBytes(32).toString('base64'), encryptionKey: randomBytes(32).toString('base64') };
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, JSON.stringify(made), { mode: 0o600 });
  try {
    linkSync(beside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(beside);
  }
}
