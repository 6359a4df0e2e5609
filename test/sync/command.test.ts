import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { claimRun, type RunLease } from '../../src/apps/sync/run-lease';
import { syncCommands } from '../../src/apps/sync/sync.commands';
import { cancelRun, requestSync } from '../../src/apps/sync/sync-runs.service';
import type { Context } from '../../src/context';
import { UsageError } from '../../src/errors';
import { projectPath } from '../../src/lib/project-path';
import { type ConnectedPanel, MEMBERS, POSTS, startConnectedPanel } from './connected-panel';
import { until } from './moments';

let panel: ConnectedPanel;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 1_010, posts: 5 }] });
}, 40_000);
afterAll(() => panel.close());
beforeEach(async () => {
  await panel.control.reset();
  for (const table of ['sync_locks', 'sync_runs', 'patreon_campaigns']) await panel.context.knex(table).delete();
});

/** Runs the command in this process; what it says on both outputs and the exit code it sets. */
async function syncPatreon(...args: string[]): Promise<{ code: unknown; lines: string[]; said: string }> {
  return syncPatreonIn(panel.context, ...args);
}

async function syncPatreonIn(context: Context, ...args: string[]): ReturnType<typeof syncPatreon> {
  const written: string[] = [];
  const said: string[] = [];
  const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const stderr = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  const program = new Command().exitOverride();
  syncCommands(program, async () => context);
  try {
    await program.parseAsync(['sync:patreon', ...args], { from: 'user' });
    return { code: process.exitCode, lines: written.join('').trimEnd().split('\n'), said: said.join('') };
  } finally {
    process.exitCode = undefined;
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

const lastJson = (lines: string[]) => JSON.parse(lines.at(-1) ?? '');

describe('sync:patreon', () => {
  it('says in words that a dry run stored nothing', async () => {
    const { code, lines } = await syncPatreon('--dry-run', '--only', 'posts');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^Dry run, nothing was stored: \d+ requests/);
    expect(lines.join()).toContain('posts     5 read, 5 new');
    expect(await panel.context.knex('sync_runs')).toEqual([]);
    expect(lastJson((await syncPatreon('--dry-run', '--json')).lines)).toMatchObject({ run_id: null, dry_run: true });
  });

  it('exits 0 after a run that succeeded, and ends its output with one JSON object', async () => {
    const { code, lines } = await syncPatreon('--json');
    expect(code).toBe(0);
    const report = lastJson(lines);
    expect(Object.keys(report).sort()).toEqual(['campaigns', 'duration_ms', 'errors', 'requests', 'run_id', 'state']);
    expect(report).toMatchObject({ state: 'succeeded', errors: [] });
    expect(report.campaigns).toEqual([
      {
        patreon_id: '9100001',
        resources: {
          campaigns: { fetched: 1, created: 1, updated: 0, unchanged: 0, gone: 0, quarantined: 0, waiting: 0 },
          tiers: { fetched: 5, created: 5, updated: 0, unchanged: 0, gone: 0, quarantined: 0, waiting: 0 },
          members: { fetched: 1_010, created: 1_010, updated: 0, unchanged: 0, gone: 0, quarantined: 0, waiting: 0 },
          posts: { fetched: 5, created: 5, updated: 0, unchanged: 0, gone: 0, quarantined: 0, waiting: 0 },
        },
      },
    ]);
    expect(report.requests).toBe((await panel.control.requests()).length);
    expect(report.duration_ms).toBeGreaterThan(0);
  });

  it('says the same in plain lines without --json, and nothing with --verbosity 0', async () => {
    const plain = await syncPatreon();
    expect(plain.lines.join('\n')).toContain('1010 read, 1010 new');
    const silent = await syncPatreon('--verbosity', '0');
    expect(silent).toEqual({ code: 0, lines: [''], said: '' });
  });

  it('tells more on the way the higher the verbosity is', async () => {
    const once = await syncPatreon('--only', 'members');
    expect(once.said).toMatch(/: members: succeeded\n/);
    const pages = await syncPatreon('--only', 'members', '--verbosity', '2');
    expect(pages.said).toMatch(/: members: succeeded, 3 pages, 1010 rows, \d+ rows\/s/);
    const level = panel.context.log.level;
    await syncPatreon('--only', 'campaigns', '--verbosity', '3');
    expect(panel.context.log.level).toBe('debug');
    panel.context.log.level = level;
  });

  it('names changed records of a dry run from verbosity 2 on, with their fields and no values', async () => {
    await syncPatreon('--verbosity', '0');
    const [id] = await panel.context.knex('patreon_members').orderBy('id').limit(1).pluck('patreon_id');
    await panel.control.change(`/members/${id}`, { attributes: { email: 'moved@example.com' } });
    const line = `  ~ 9100001 members ${id}: email`;
    expect((await syncPatreon('--dry-run')).lines).not.toContain(line);
    const told = await syncPatreon('--dry-run', '--verbosity', '2');
    expect(told.lines).toContain(line);
    expect(told.lines.join()).not.toContain('moved@');
  });

  describe('that has to wait', () => {
    let context: Context;
    beforeEach(() => {
      const { config } = panel.context;
      // A run that sleeps hears of its end with its heartbeat.
      context = { ...panel.context, config: { ...config, sync: { ...config.sync, leaseSeconds: 2 } } };
    });
    const waits = async (line: RegExp) => {
      const running = syncPatreonIn(context, '--only', 'campaigns');
      await until(() => waitingRun().then((run) => run?.waiting_until != null));
      const { id, waiting_until } = (await waitingRun()) as { id: number; waiting_until: string };
      await until(() => jest.mocked(process.stderr.write).mock.calls.some(([text]) => line.test(String(text))));
      await cancelRun(panel.context, id);
      const { code, said } = await running;
      expect(code).toBe(1);
      return { said, id, until: `${new Date(waiting_until).toISOString().slice(0, 19)}Z` };
    };
    const waitingRun = () => panel.context.knex('sync_runs').where({ state: 'running' }).first('id', 'waiting_until');
    afterEach(() => panel.context.knex('rate_limits').delete());

    it('says once until when Patreon’s pause lasts', async () => {
      await panel.control.fault({ match: 'GET /api/oauth2/v2/campaigns', kind: '429', retry_after_seconds: 600 });
      const { said, id, until } = await waits(/on hold/);
      const line = `Run ${id} waits until ${until}: requests to Patreon are on hold. It goes on by itself.\n`;
      expect(said.split(line)).toHaveLength(2);
      expect(said.match(/ waits until /g)).toHaveLength(1);
    });

    it('says so of a budget that is ours as well', async () => {
      await syncPatreon('--only', 'campaigns');
      // As after a restart with another setting: what was used so far is as much as this.
      context.config.patreon = { ...context.config.patreon, hourlyBudget: 1 };
      const { said, until } = await waits(/budget/);
      expect(said).toContain(`waits until ${until}: our request budget is spent.`);
    });

    it('says nothing of a pause that is over at once', async () => {
      await panel.control.fault({ match: 'GET /api/oauth2/v2/campaigns', kind: '429', retry_after_seconds: 1 });
      expect(await syncPatreon('--only', 'campaigns')).toMatchObject({
        code: 0,
        said: expect.not.stringContaining('waits'),
      });
    });
  });

  it('exits 4 when the brake holds the run, says where it is decided, and says the same of a dry run', async () => {
    await syncPatreon('--verbosity', '0');
    await panel.control.fault({ match: MEMBERS, kind: 'vanished-list', times: null });
    const dry = await syncPatreon('--dry-run', '--json');
    expect(dry.code).toBe(4);
    expect(lastJson(dry.lines)).toMatchObject({ state: 'held', dry_run: true });
    expect(dry.said).toContain('would be held');
    const { code, lines, said } = await syncPatreon('--json', '--verbosity', '0');
    expect(code).toBe(4);
    const { run_id, state } = lastJson(lines);
    expect(state).toBe('held');
    expect(said).toBe(
      `Run ${run_id} is held: an owner has to apply or to discard it at ${panel.app.url}/patreon/sync/${run_id}/\n`,
    );
  });

  it('exits 1 when a part failed, and names it', async () => {
    await panel.control.fault({ match: POSTS, kind: 'html', times: null });
    const { code, lines } = await syncPatreon('--json');
    expect(code).toBe(1);
    expect(lastJson(lines)).toMatchObject({ state: 'partial', errors: [{ campaign: '9100001', resource: 'posts' }] });
  });

  it('exits 1 when nothing could be read', async () => {
    await panel.control.fault({ match: 'GET /api/oauth2/v2/campaigns', kind: 'html', times: null });
    const { code, lines } = await syncPatreon('--json');
    expect(code).toBe(1);
    expect(lastJson(lines)).toMatchObject({ state: 'failed', campaigns: [] });
  });

  it.each([
    [['--only', 'members,pledges'], '--only'],
    [['--only', ''], '--only'],
    [['--verbosity', '4'], '--verbosity'],
    [['--campaign', '404404'], '--campaign'],
    [['--campaign', "1' or '1'='1"], '--campaign'],
  ])('refuses %j as wrong usage before it begins', async (args, named) => {
    await expect(syncPatreon(...args)).rejects.toThrow(UsageError);
    await expect(syncPatreon(...args)).rejects.toThrow(named);
    expect(await panel.context.knex('sync_runs')).toEqual([]);
  });

  it('reads one campaign by either id, and only what it is asked for', async () => {
    await syncPatreon('--verbosity', '0', '--only', 'campaigns');
    const { id } = await panel.context.knex('patreon_campaigns').first('id');
    for (const named of ['9100001', String(id)]) {
      const { code, lines } = await syncPatreon('--json', '--campaign', named, '--only', 'posts,tiers');
      expect(code).toBe(0);
      expect(Object.keys(lastJson(lines).campaigns[0].resources).sort()).toEqual(['posts', 'tiers']);
    }
  });

  describe('while another run is under way', () => {
    let lease: RunLease;
    beforeEach(async () => {
      const { runId } = await requestSync(panel.context, { trigger: 'panel', withoutJob: true });
      lease = (await claimRun(panel.context, runId)) as RunLease;
    });
    afterEach(() => lease.stop());

    it('exits 3 and tells which run that is', async () => {
      const { code, lines } = await syncPatreon('--json');
      expect(code).toBe(3);
      expect(lastJson(lines)).toMatchObject({ run_id: lease.runId, state: 'running' });
      expect(await panel.context.knex('sync_runs')).toHaveLength(1);
    });

    it('follows it to its end with --wait and answers with its result', async () => {
      const following = syncPatreon('--json', '--wait');
      await sleep(300);
      await panel.context.knex('sync_runs').where({ id: lease.runId }).update({ state: 'succeeded' });
      await panel.context.knex('sync_locks').delete();
      const { code, lines } = await following;
      expect(code).toBe(0);
      expect(lastJson(lines)).toMatchObject({ run_id: lease.runId, state: 'succeeded' });
    });

    it('brings it to its end itself with --wait when its process dies meanwhile', async () => {
      const following = syncPatreon('--json', '--wait', '--only', 'campaigns');
      await sleep(300);
      lease.stop();
      await panel.context.knex('sync_runs').where({ id: lease.runId }).update({ lease_until: '2020-01-01' });
      const { code, lines } = await following;
      expect(code).toBe(0);
      expect(lastJson(lines)).toMatchObject({ run_id: lease.runId, state: 'succeeded' });
    });
  });
});

describe('sync:patreon as a process of its own', () => {
  const processes: ChildProcess[] = [];
  afterEach(() => {
    for (const child of processes.splice(0)) child.kill('SIGKILL');
  });

  const start = (args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
    const { patreon } = panel.context.config;
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'sync:patreon', ...args], {
      cwd: projectPath(),
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: panel.app.databaseUrl,
        SESSION_SECRET: 'a session secret for tests only, long enough',
        ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
        PUBLIC_URL: panel.app.url,
        PATREON_BASE_URL: patreon.baseUrl,
        PATREON_CLIENT_ID: patreon.clientId,
        PATREON_CLIENT_SECRET: patreon.clientSecret,
        PATREON_CREATOR_ACCESS_TOKEN: patreon.creatorAccessToken,
        PATREON_CREATOR_REFRESH_TOKEN: patreon.creatorRefreshToken,
        PATREON_REQUESTS_PER_MINUTE: '0',
        SYNC_LEASE_SECONDS: '5',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    processes.push(child);
    return child;
  };
  const ended = async (child: ChildProcess): Promise<{ code: number; stdout: string; stderr: string }> => {
    const texts = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk) => {
      texts.stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      texts.stderr += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, ...texts };
  };

  it('exits 2 for an option that does not exist and for settings that are wrong, without a stack', async () => {
    const [usage, settings] = await Promise.all([
      ended(start(['--colour'])),
      ended(start(['--json'], { PATREON_REQUESTS_PER_MINUTE: 'many' })),
    ]);
    expect([usage.code, settings.code]).toEqual([2, 2]);
    expect(usage.stderr).toContain('--colour');
    expect(settings.stderr).toContain('PATREON_REQUESTS_PER_MINUTE');
    expect(settings.stderr).not.toMatch(/many|\n\s+at /);
    expect([usage.stdout, settings.stdout]).toEqual(['', '']);
  }, 60_000);

  it('leaves after kill -9 what the next run takes over and completes', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'slow', page: 2, times: 1, delay_ms: 6_000 });
    const killed = start(['--json']);
    const end = ended(killed);
    await untilStored(500);
    killed.kill('SIGKILL');
    await end;
    expect(await panel.context.knex('sync_runs').pluck('state')).toEqual(['running']);
    await panel.context.knex('sync_runs').update({ lease_until: '2020-01-01' });
    const next = await ended(start(['--json', '--wait']));
    expect(next.code).toBe(0);
    expect(JSON.parse(next.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ state: 'succeeded' });
    expect(await countMembers()).toBe(1_010);
    expect(await panel.context.knex('sync_runs').orderBy('id').pluck('state')).toEqual(['succeeded', 'succeeded']);
    expect(await panel.context.knex('sync_locks')).toEqual([]);
  }, 60_000);

  it('ends its run when it is interrupted', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'slow', page: 2, times: 1, delay_ms: 1_000 });
    const child = start(['--json']);
    const end = ended(child);
    await untilStored(500);
    child.kill('SIGINT');
    const { code, stdout } = await end;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'cancelled' });
    expect(await panel.context.knex('sync_locks')).toEqual([]);
  }, 60_000);

  const countMembers = async () => Number((await panel.context.knex('patreon_members').count('* as n').first())?.n);
  const untilStored = async (count: number) => {
    for (let tries = 0; (await countMembers()) < count; tries += 1) {
      if (tries > 800) throw new Error('The command stored nothing');
      await sleep(50);
    }
  };
});
