import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { JsonApiDocument } from './document';
import type { CampaignOptions } from './generated/campaign-plan';
import type { SandboxOptions } from './options';

export const USAGE = `Usage: server.js [options]
  --port N               port to listen on (any free one by default)
  --host H               address to listen on (127.0.0.1)
  --seed N               which population to make (1)
  --members N            members of the first campaign (2500)
  --posts N              posts of the first campaign (60)
  --currency C           currency of the first campaign (USD)
  --campaigns JSON       all campaigns, in place of the three options before, for instance
                         [{"members":2500},{"currency":"JPY","isMonthly":false,"creator":1}]
  --documents FOLDER     serve the JSON:API documents in this folder instead
  --now TIME             the sandbox's time when it starts (ISO 8601)
  --anchor TIME          when all histories end (the sandbox's time)
  --client-id ID --client-secret SECRET --redirect-uri URI (may be repeated)
  --expires-in SECONDS   life of access tokens (2678400)
  --cursor-life SECONDS  life of cursors (1800)
  --no-limits            answer any number of requests
  --with-parent          end when standard input ends, as it does with the program that started this one`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  seed: { type: 'string' },
  members: { type: 'string' },
  posts: { type: 'string' },
  currency: { type: 'string' },
  campaigns: { type: 'string' },
  documents: { type: 'string' },
  now: { type: 'string' },
  anchor: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'expires-in': { type: 'string' },
  'cursor-life': { type: 'string' },
  'no-limits': { type: 'boolean' },
  'with-parent': { type: 'boolean' },
} as const;

function whole(name: string, value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new Error(`--${name} must be a whole number, not ${value}.`);
  return Number(value);
}

function time(name: string, value: string): number {
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds)) throw new Error(`--${name} must be a time such as 2026-09-15T08:00:00Z.`);
  return milliseconds;
}

function parseCampaigns(value: string): CampaignOptions[] {
  const campaigns: unknown = JSON.parse(value);
  if (!Array.isArray(campaigns)) throw new Error('--campaigns must be a JSON array.');
  return campaigns;
}

function readDocuments(folder: string): JsonApiDocument[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const contents = files.sort().map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
  return contents.filter((content) => content.data !== undefined);
}

/** Leaves out what was not given, so that the sandbox's own defaults hold. */
function given<T, Name extends string>(name: Name, value: string | undefined, parse: (value: string) => T) {
  return (value === undefined ? {} : { [name]: parse(value) }) as Partial<Record<Name, T>>;
}

/** Reads the command line. Throws with a sentence about the first wrong option. */
export function parseCommandLine(args: string[]): SandboxOptions {
  const { values } = parseArgs({ args, options: OPTIONS });
  const text = (value: string): string => value;
  const first: CampaignOptions = {
    ...given('members', values.members, (value) => whole('members', value)),
    ...given('posts', values.posts, (value) => whole('posts', value)),
    ...given('currency', values.currency, text),
  };
  return {
    ...given('port', values.port, (value) => whole('port', value)),
    ...given('host', values.host, text),
    ...given('seed', values.seed, (value) => whole('seed', value)),
    campaigns: values.campaigns === undefined ? [first] : parseCampaigns(values.campaigns),
    ...given('documents', values.documents, readDocuments),
    ...given('now', values.now, (value) => time('now', value)),
    ...given('anchor', values.anchor, (value) => time('anchor', value)),
    ...given('clientId', values['client-id'], text),
    ...given('clientSecret', values['client-secret'], text),
    ...(values['redirect-uri'] && { redirectUris: values['redirect-uri'] }),
    ...given('expiresIn', values['expires-in'], (value) => whole('expires-in', value)),
    ...given('cursorLifetimeMs', values['cursor-life'], (value) => 1000 * whole('cursor-life', value)),
    ...(values['no-limits'] && { limits: null }),
  };
}
