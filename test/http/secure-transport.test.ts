import supertest from 'supertest';
import { createLogger } from '../../src/logger';
import { startTestApp, type TestApp } from '../support/app';

const PANEL = 'https://panel.example.com';

async function panelBehind(trustProxy: number): Promise<{ panel: TestApp; lines: string[] }> {
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', pretty: false, destination: { write: (line) => void lines.push(line) } });
  const panel = await startTestApp({
    log,
    configure: ({ http }) => Object.assign(http, { publicUrl: PANEL, trustProxy }),
  });
  return { panel, lines };
}

describe('a panel that people use over https', () => {
  let panel: TestApp;
  beforeAll(async () => {
    ({ panel } = await panelBehind(1));
  });
  afterAll(() => panel.close());

  const sent = (method: 'get' | 'post', path: string, protocol: string) =>
    supertest(panel.url)[method](path).redirects(0).set('X-Forwarded-Proto', protocol);

  it('leads pages there that a proxy passes on as plain http', async () => {
    const answer = await sent('get', '/patreon/members?q=ada', 'http');
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe(`${PANEL}/patreon/members?q=ada`);
    expect((await sent('get', '//evil.test/', 'http')).headers.location).toBe(`${PANEL}//evil.test/`);
  });

  it('takes no form and answers no program over plain http', async () => {
    expect((await sent('post', '/login/', 'http')).status).toBe(403);
    expect((await sent('get', '/api/auth/patreon/connect', 'http')).status).toBe(403);
  });

  it('answers https, and the platform’s own questions', async () => {
    const answer = await sent('get', '/login/', 'https');
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^__Host-sid=.*; Secure/);
    expect((await sent('get', '/healthz', 'http')).status).toBe(200);
  });
});

describe('behind a proxy that is not configured', () => {
  it('says once what to set, and believes nothing', async () => {
    const { panel, lines } = await panelBehind(0);
    for (let times = 0; times < 2; times += 1) {
      const answer = await supertest(panel.url).get('/login/').set('X-Forwarded-Proto', 'https');
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect(lines.filter((line) => line.includes('TRUST_PROXY'))).toHaveLength(1);
    await panel.close();
  });
});
