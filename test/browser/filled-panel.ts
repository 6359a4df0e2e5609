import { ensureEnvironmentCredential } from '../../src/apps/connections/environment-credential.service';
import { SyncRun } from '../../src/apps/sync/sync-run.model';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { jobCatalogue } from '../../src/catalogue';
import { startWorker } from '../../src/jobs/worker';
import { startSandbox } from '../../src/sandbox/server';
import { startTestApp, type TestApp } from '../support/app';

export interface FilledPanel {
  panel: TestApp;
  close(): Promise<void>;
}

/** A panel that has read a small page of the sandbox, connected through its settings instead of a browser. */
export async function startFilledPanel(members: number): Promise<FilledPanel> {
  const sandbox = await startSandbox({ campaigns: [{ members, posts: 60 }], limits: null });
  const minted = await fetch(`${sandbox.url}/_sandbox/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const tokens = (await minted.json()) as { access_token: string; refresh_token: string };
  const panel = await startTestApp({
    patreonBaseUrl: sandbox.url,
    configure(config) {
      config.patreon.clientId = 'sandbox-client';
      config.patreon.clientSecret = 'sandbox-secret';
      config.patreon.creatorAccessToken = tokens.access_token;
      config.patreon.creatorRefreshToken = tokens.refresh_token;
    },
  });
  const worker = await startWorker(panel.context, jobCatalogue);
  const credentialId = (await ensureEnvironmentCredential(panel.context)) as number;
  const { runId } = await requestSync(panel.context, { trigger: 'connect', credentialId });
  await untilClosed(runId);
  return {
    panel,
    async close() {
      await worker.stop();
      await panel.close();
      await sandbox.close();
    },
  };
}

async function untilClosed(runId: number): Promise<void> {
  const run = await SyncRun.query().findById(runId).throwIfNotFound();
  if (!run.isOpen) return;
  await new Promise((resolve) => setTimeout(resolve, 100));
  await untilClosed(runId);
}
