import { ensureEnvironmentCredential } from '../../src/apps/connections/environment-credential.service';
import { runSync } from '../../src/apps/sync/run-sync';
import { type SyncReport, syncReport } from '../../src/apps/sync/sync-report';
import { requestSync, type SyncRequest } from '../../src/apps/sync/sync-runs.service';
import type { Config } from '../../src/config';
import type { Context } from '../../src/context';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server';
import { startTestApp, type TestApp } from '../support/app';
import { sandboxControl } from '../support/sandbox-control';

export type Control = ReturnType<typeof sandboxControl> & {
  /** Plain rows behind the sandbox's answers. */
  truth<T>(name: string): Promise<T[]>;
  /** Changes, removes or adds a resource, as a creator or a patron would on Patreon. */
  change(path: string, body: object): Promise<{ id: string }>;
  /** What of the API was asked since the last reset, such as `/campaigns/1/members?page[count]=500`. */
  paths(): Promise<string[]>;
};

export interface ConnectedPanel {
  sandbox: Sandbox;
  control: Control;
  app: TestApp;
  context: Context;
  credentialId: number;
  /** Queues a run, executes it here and answers what it did. */
  sync(request?: Partial<SyncRequest>): Promise<SyncReport>;
  close(): Promise<void>;
}

export const API = 'GET /api/oauth2/v2';
export const MEMBERS = `${API}/campaigns/{id}/members`;
export const POSTS = `${API}/campaigns/{id}/posts`;

const neverStops = new AbortController().signal;

/** A sandbox and the panel as it ships, connected to it by a pair from the environment. Nothing is synced yet. */
export async function startConnectedPanel(
  options: SandboxOptions,
  configure: (config: Config) => void = () => undefined,
  scopes?: string[],
): Promise<ConnectedPanel> {
  const sandbox = await startSandbox({ limits: null, ...options });
  const control = controlOf(sandbox);
  const pair = await control.mint(scopes ? { scopes } : {});
  const app = await startTestApp({
    patreonBaseUrl: sandbox.url,
    configure(config) {
      config.patreon.clientId = sandbox.clientId;
      config.patreon.clientSecret = sandbox.clientSecret;
      config.patreon.creatorAccessToken = pair.access_token;
      config.patreon.creatorRefreshToken = pair.refresh_token;
      configure(config);
    },
  });
  const { context } = app;
  const credentialId = (await ensureEnvironmentCredential(context)) as number;
  return {
    sandbox,
    control,
    app,
    context,
    credentialId,
    async sync(request = {}) {
      const { runId } = await requestSync(context, { trigger: 'cli', withoutJob: true, ...request });
      await runSync(context, runId, neverStops);
      return syncReport(context, runId);
    },
    async close() {
      await app.close();
      await sandbox.close();
    },
  };
}

/** What the run did to one resource of its only campaign. */
export function partOf(report: SyncReport, resource: 'campaigns' | 'tiers' | 'members' | 'posts') {
  const part = report.campaigns[0]?.resources[resource];
  if (!part) throw new Error(`The run did nothing to ${resource}: ${JSON.stringify(report)}`);
  return part;
}

/** The rows that are mirrored, each table in an order that does not change, to compare before with after. */
export async function dumpMirror({ knex }: Context): Promise<Record<string, unknown[]>> {
  const tables: [string, string][] = [
    ['patreon_campaigns', 'id'],
    ['patreon_tiers', 'id'],
    ['patreon_benefits', 'id'],
    ['patreon_members', 'id'],
    ['pledge_events', 'patreon_id'],
    ['member_addresses', 'member_id'],
    ['patreon_posts', 'id'],
    ['patreon_member_counts', 'campaign_id, kind, patron_status, gone'],
  ];
  const dump: Record<string, unknown[]> = {};
  for (const [table, order] of tables) dump[table] = await knex(table).select('*').orderByRaw(order);
  return dump;
}

function controlOf(sandbox: Sandbox): Control {
  const control = sandboxControl(sandbox);
  const url = (path: string) => `${sandbox.url}/_sandbox${path}`;
  const read = async <T>(answer: Response): Promise<T> => {
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${JSON.stringify(body)}`);
    return body as T;
  };
  return {
    ...control,
    async truth<T>(name: string) {
      const rows: T[] = [];
      for (;;) {
        const page = await read<{ total: number; rows: T[] }>(await fetch(url(`/truth/${name}?offset=${rows.length}`)));
        rows.push(...page.rows);
        if (page.rows.length === 0 || rows.length >= page.total) return rows;
      }
    },
    async change(path, body) {
      const headers = { 'content-type': 'application/json' };
      return read(await fetch(url(path), { method: 'POST', headers, body: JSON.stringify(body) }));
    },
    async paths() {
      return (await control.requests()).map(({ path }) => decodeURIComponent(path.replace('/api/oauth2/v2', '')));
    },
  };
}
