import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { readFixture } from '../support/wire-documents';
import { control, type MintedToken, mintToken, SandboxClient } from './sandbox-client';

const MINUTE = 60_000;

describe('the request limits of the sandbox', () => {
  let sandbox: Sandbox;
  afterEach(() => sandbox.close());

  const statuses = async (client: SandboxClient, count: number): Promise<number[]> => {
    const seen: number[] = [];
    for (let i = 0; i < count; i += 1) seen.push((await client.getError('/identity')).status);
    return seen;
  };

  const start = async (client: number, token: number): Promise<void> => {
    const limits = {
      client: { requests: client, windowMs: MINUTE },
      token: { requests: token, windowMs: 10 * MINUTE },
    };
    sandbox = await startSandbox({ campaigns: [{ members: 1 }], limits });
  };

  it('are the documented ones unless told otherwise', async () => {
    sandbox = await startSandbox({ campaigns: [{ members: 1 }] });
    const client = await SandboxClient.connect(sandbox);
    const answers = await Promise.all(Array.from({ length: 101 }, () => client.getError('/identity')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    const refusal = answers.find(({ status }) => status === 429)?.body.errors[0];
    const sample = readFixture('error.429.throttled.json').errors[0];
    expect(refusal).toEqual({ ...sample, id: expect.any(String), retry_after_seconds: expect.any(Number) });
  });

  it('refuse a token that asks too often, say how long to wait, and let it in again afterwards', async () => {
    await start(100, 3);
    const client = await SandboxClient.connect(sandbox);
    expect(await statuses(client, 5)).toEqual([200, 200, 200, 429, 429]);
    const { body } = await client.getError('/identity');
    expect(body.errors[0]).toMatchObject({ retry_after_seconds: 600 });
    await control(sandbox, 'POST', '/clock', { advance_seconds: 601 });
    expect(await statuses(client, 1)).toEqual([200]);
  });

  it('count all tokens of a client together', async () => {
    await start(4, 100);
    const [one, other] = [await SandboxClient.connect(sandbox), await SandboxClient.connect(sandbox)];
    expect(await statuses(one, 3)).toEqual([200, 200, 200]);
    expect(await statuses(other, 2)).toEqual([200, 429]);
  });

  it('are not reset by a refresh', async () => {
    await start(100, 2);
    const pair = await mintToken(sandbox);
    expect(await statuses(new SandboxClient(sandbox, pair.access_token), 2)).toEqual([200, 200]);
    const fields = { grant_type: 'refresh_token', refresh_token: pair.refresh_token };
    const body = new URLSearchParams({ ...fields, client_id: sandbox.clientId, client_secret: sandbox.clientSecret });
    const response = await fetch(`${sandbox.url}/api/oauth2/token`, { method: 'POST', body });
    const refreshed = (await response.json()) as MintedToken;
    expect(await statuses(new SandboxClient(sandbox, refreshed.access_token), 1)).toEqual([429]);
  });

  it('come after the token: an unknown token is refused as such', async () => {
    await start(1, 1);
    const client = await SandboxClient.connect(sandbox);
    expect(await statuses(client, 2)).toEqual([200, 429]);
    expect(await statuses(new SandboxClient(sandbox, 'unknown'), 1)).toEqual([401]);
  });
});
