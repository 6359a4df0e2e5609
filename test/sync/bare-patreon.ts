import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ensureEnvironmentCredential } from '../../src/apps/connections/environment-credential.service';
import { runSync } from '../../src/apps/sync/run-sync';
import { type SyncReport, syncReport } from '../../src/apps/sync/sync-report';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { startTestApp, type TestApp } from '../support/app';

export interface BareResource {
  id: string;
  type: string;
  attributes?: Record<string, unknown>;
  relationships?: Record<string, { data: unknown }>;
}

export interface BareAnswer {
  status?: number;
  data?: unknown;
  included?: BareResource[];
  errors?: unknown[];
  /** `meta.pagination` as it is. */
  pagination?: unknown;
}

/** Answers a path below the API's root; null for a 404. */
export type Answers = (path: string, query: URLSearchParams) => BareAnswer | null;

export interface BarePanel {
  app: TestApp;
  requests: string[];
  sync(): Promise<SyncReport>;
  close(): Promise<void>;
}

/** A Patreon that answers what a test wrote down, however odd, and the panel connected to it. */
export async function startBarePatreon(answers: Answers): Promise<BarePanel> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://bare');
    const path = decodeURIComponent(url.pathname.replace('/api/oauth2/v2', ''));
    requests.push(path);
    const answer = path === '/identity' ? { data: { type: 'user', id: '1' } } : answers(path, url.searchParams);
    const { status = 200, pagination, ...document } = answer ?? { status: 404, errors: [{ status: '404' }] };
    response.writeHead(status, { 'content-type': status < 500 ? 'application/vnd.api+json' : 'text/html' });
    response.end(JSON.stringify({ ...document, ...(pagination !== undefined && { meta: { pagination } }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const app = await startTestApp({
    patreonBaseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    configure: ({ patreon }) =>
      Object.assign(patreon, {
        clientId: 'client',
        clientSecret: 'secret',
        creatorAccessToken: 'access',
        creatorRefreshToken: 'refresh',
        requestsPerMinute: 0,
      }),
  });
  await ensureEnvironmentCredential(app.context);
  return {
    app,
    requests,
    async sync() {
      const { runId } = await requestSync(app.context, { trigger: 'cli', withoutJob: true });
      await runSync(app.context, runId, new AbortController().signal);
      requests.length = 0;
      return syncReport(app.context, runId);
    },
    async close() {
      await app.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
