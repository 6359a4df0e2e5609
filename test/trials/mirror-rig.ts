import { randomBytes } from 'node:crypto';
import { PatreonCredential } from '../../src/apps/connections/patreon-credential.model';
import { tokenColumns } from '../../src/apps/connections/token-columns';
import { runSync } from '../../src/apps/sync/run-sync';
import { SyncRun, type SyncRunState } from '../../src/apps/sync/sync-run.model';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import type { Config } from '../../src/config';
import { type Context, createContext } from '../../src/context';
import { createLogger } from '../../src/logger';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { insertConnection } from '../connections/connection-fixtures';
import { sandboxControl } from '../support/sandbox-control';
import { refuseTheDead } from './actor';
import { type TrialSettings, trialConfig } from './trial-processes';
import { emptyWriteLog, installWriteLog, RUNNER } from './write-log';

export interface World {
  members: number;
  posts: number;
  perPage: number;
  seed: number;
}

const MONTH_SECONDS = 2_678_400;
/** Between trials everything goes but the schema: members with their events and changes, runs, stamps, limits. */
const EMPTIED = ['sync_runs', 'sync_sighted_pages', 'patreon_campaigns', 'patreon_credentials', 'rate_limits'] as const;
const neverStops = new AbortController().signal;

/** One database, several runners in this process, and a Patreon that is made anew for each trial. */
export class MirrorRig {
  sandbox!: Sandbox;
  control!: ReturnType<typeof sandboxControl>;
  credentialId = 0;
  /** By how much the runners' time is ahead. */
  aheadMs = 0;

  private constructor(
    /** Of whoever looks on. */
    readonly context: Context,
    readonly runners: readonly Context[],
    readonly config: Config,
    /** For a process of its own over the same database. */
    readonly settings: Omit<TrialSettings, 'credentialId'>,
  ) {}

  static async start(databaseUrl: string, runners: number): Promise<MirrorRig> {
    const settings = {
      databaseUrl,
      sandboxUrl: 'http://127.0.0.1:9',
      requestsPerMinute: 0,
      sessionSecret: randomBytes(32).toString('hex'),
      encryptionKeys: `trial:${randomBytes(32).toString('base64')}`,
    };
    const config = trialConfig(settings);
    Object.assign(config.patreon, { breakerSeconds: 0.02, edgeBlockSeconds: 0.02 });
    const contexts: Context[] = [];
    const clock = { now: () => new Date(Date.now() + (rig?.aheadMs ?? 0)) };
    let rig: MirrorRig | undefined;
    for (let n = 1; n <= runners; n++) contexts.push(await open(config, databaseUrl, `${RUNNER}-${n}`, clock));
    rig = new MirrorRig(await open(config, databaseUrl, 'trial', clock), contexts, config, settings);
    await installWriteLog(rig.context.knex);
    return rig;
  }

  /** An empty mirror, connected to a Patreon of this size that nobody has read yet. */
  async begin({ members, posts, perPage, seed }: World): Promise<void> {
    await this.sandbox?.close();
    const { knex } = this.context;
    for (const table of EMPTIED) await knex(table).delete();
    await emptyWriteLog(knex);
    this.aheadMs = 0;
    this.sandbox = await startSandbox({ limits: null, imageOrigin: null, seed, campaigns: [{ members, posts }] });
    this.control = sandboxControl(this.sandbox);
    this.config.patreon.baseUrl = this.sandbox.url;
    await this.control.settings({ most_per_page: perPage });
    const pair = await this.control.mint();
    this.credentialId = (await insertConnection(this.context, pair, { expiresIn: MONTH_SECONDS })).id;
  }

  /** As when a person connects Patreon again. */
  async reconnect(): Promise<void> {
    const { access_token: accessToken, refresh_token: refreshToken, scope } = await this.control.mint();
    const credential = await PatreonCredential.get(this.credentialId, this.context.knex);
    const pair = { accessToken, refreshToken, expiresIn: MONTH_SECONDS, scopes: scope.split(' ') };
    await PatreonCredential.query(this.context.knex)
      .findById(this.credentialId)
      .patch({ ...tokenColumns(this.context, credential, pair), state: 'connected' });
  }

  /** Changes, removes or adds something at Patreon. Answers its id. */
  async change(path: string, body: object): Promise<string> {
    const answer = await fetch(`${this.sandbox.url}/_sandbox${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { id: string }).id;
  }

  async idsOf(resource: 'members' | 'posts' | 'tiers'): Promise<string[]> {
    const answer = await fetch(`${this.sandbox.url}/_sandbox/truth/${resource}`);
    return ((await answer.json()) as { rows: { id: string }[] }).rows.map(({ id }) => id);
  }

  /** A whole run from request to end. */
  async sync(context = this.context): Promise<{ runId: number; state: SyncRunState }> {
    const { runId } = await this.request(context);
    await this.expireLease(runId);
    await runSync(context, runId, neverStops);
    return { runId, state: await this.stateOf(runId) };
  }

  request(context = this.context) {
    return requestSync(context, { trigger: 'cli', withoutJob: true, credentialId: this.credentialId });
  }

  async stateOf(runId: number): Promise<SyncRunState> {
    return ((await SyncRun.query(this.context.knex).findById(runId)) as SyncRun).state;
  }

  /** As if the process at work had not been heard of for long. */
  async expireLease(runId: number): Promise<void> {
    await this.context
      .knex('sync_runs')
      .where({ id: runId, state: 'running' })
      .update({ lease_until: '2020-01-01T00:00:00Z' });
  }

  async close(): Promise<void> {
    await this.sandbox?.close();
    for (const { close } of [...this.runners, this.context]) await close();
  }
}

/** The connections carry the name, so that the database can tell who writes. */
async function open(config: Config, databaseUrl: string, name: string, clock: Context['clock']): Promise<Context> {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', name);
  const log = createLogger({ level: config.logLevel, pretty: false });
  // The object behind `patreon` stays shared: the address of the sandbox changes with every trial.
  const own = { ...config, database: { ...config.database, url: url.href } };
  const context = await createContext(own, { log, clock, poolSize: 4 });
  refuseTheDead(context.knex);
  return context;
}
