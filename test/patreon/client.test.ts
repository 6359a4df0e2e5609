import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createPatreonClient, type DroppedName, type PatreonClientOptions } from '../../src/patreon/client';
import type { PatreonError } from '../../src/patreon/patreon-error';
import { type ScriptedPatreon, sample, startScriptedPatreon } from '../support/scripted-patreon';

const TOKEN = 'secret-access-token';
const EMPTY_PAGE = { body: sample('members.list.empty.200') };
const HTML = '<!DOCTYPE html><html><head><style>p{}</style></head><body><p>Down for&nbsp;maintenance</p></body></html>';

let patreon: ScriptedPatreon;
let pauses: number[];
let throttled: number[];
let dropped: DroppedName[];

beforeEach(async () => {
  patreon = await startScriptedPatreon();
  pauses = [];
  throttled = [];
  dropped = [];
});
afterEach(() => patreon.close());

function createClient(options: Partial<PatreonClientOptions> = {}) {
  return createPatreonClient({
    baseUrl: patreon.url,
    userAgent: 'Patrondesk/0.1.0 (+https://desk.example.com)',
    gate: {
      beforeRequest: async () => {},
      throttled: async (seconds) => void throttled.push(seconds),
    },
    accessToken: async () => TOKEN,
    onDroppedField: (name) => void dropped.push(name),
    sleep: async (milliseconds) => void pauses.push(milliseconds),
    random: () => 0,
    now: () => Date.parse('2026-11-22T10:00:00Z'),
    ...options,
  });
}

async function failureOf(read: Promise<unknown>): Promise<PatreonError> {
  const error = await read.then(
    () => new Error('the read succeeded'),
    (reason: PatreonError) => reason,
  );
  expect(error).toMatchObject({ name: 'PatreonError' });
  return error as PatreonError;
}

const times = (count: number, answer: object) => Array.from({ length: count }, () => answer);

describe('a request', () => {
  it('names us, carries the token and asks for fields and includes by name', async () => {
    patreon.answer(EMPTY_PAGE);
    await createClient().listMembers('9000001', { cursor: 'a b/c+=&d' });
    const [request] = patreon.requests;
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'Patrondesk/0.1.0 (+https://desk.example.com)',
    });
    expect(request?.path).toBe('/api/oauth2/v2/campaigns/9000001/members');
    expect(request?.query.get('include')).toBe('address,currently_entitled_tiers,pledge_history,user');
    expect(request?.query.get('fields[member]')?.split(',')).toEqual(
      expect.arrayContaining(['patron_status', 'currently_entitled_amount_cents', 'note']),
    );
    expect(request?.query.get('fields[user]')?.split(',')).not.toContain('email');
    expect(request?.query.get('page[cursor]')).toBe('a b/c+=&d');
    expect(request?.query.get('page[count]')).toBe('500');
    // Unencoded brackets have been answered with 400, an encoded equals sign with empty attributes.
    expect(request?.rawUrl).toContain('fields%5Bmember%5D=');
    expect(request?.rawUrl).not.toMatch(/[[\]]/);
  });

  it('asks for up to 1,000 members without their history and never for more than Patreon gives', async () => {
    patreon.answer(EMPTY_PAGE, EMPTY_PAGE, EMPTY_PAGE);
    const client = createClient();
    await client.listMembers('1', { pledgeHistory: false });
    await client.listMembers('1', { count: 5000 });
    await client.listMembers('1', { count: 4 });
    expect(patreon.requests.map((request) => request.query.get('page[count]'))).toEqual(['1000', '500', '4']);
    expect(patreon.requests[0]?.query.get('include')).not.toContain('pledge_history');
    expect(patreon.requests[0]?.query.has('fields[pledge-event]')).toBe(false);
  });

  it('leaves out addresses when the token lacks their scope', async () => {
    patreon.answer(EMPTY_PAGE);
    await createClient({ scopes: ['campaigns', 'campaigns.members'] }).listMembers('1');
    expect(patreon.requests[0]?.query.get('include')).not.toContain('address');
    expect(patreon.requests[0]?.query.has('fields[address]')).toBe(false);
  });

  it('asks the gate first, and is not sent when the gate refuses', async () => {
    const spent = new Error('budget spent');
    const gate = { beforeRequest: () => Promise.reject(spent), throttled: async () => {} };
    await expect(createClient({ gate }).getIdentity()).rejects.toBe(spent);
    expect(patreon.requests).toEqual([]);
  });

  it('is reported with path and status and without its query', async () => {
    const reports: { path: string; status: number | null }[] = [];
    patreon.answer({ fault: 'reset' }, EMPTY_PAGE);
    await createClient({ onRequest: ({ path, status }) => void reports.push({ path, status }) }).listMembers('7');
    const path = '/api/oauth2/v2/campaigns/7/members';
    expect(reports).toEqual([
      { path, status: null },
      { path, status: 200 },
    ]);
  });

  it.each(['..', '.', '', 'a/b', '1?x=1', 'é', 'x'.repeat(201)])('is not sent for the id %j', async (id) => {
    expect(await failureOf(createClient().getMember(id))).toMatchObject({ kind: 'invalid_request', permanent: true });
    expect(patreon.requests).toEqual([]);
  });

  it.each(['1c7f8e2d-69b2-4a1f', 'm.1~2', 'subscription:1074500001', 'a+b@c'])('is sent for the id %j', async (id) => {
    patreon.answer({ body: { data: { type: 'member', id, attributes: {} } } });
    expect((await createClient().getMember(id)).item?.id).toBe(id);
    expect(decodeURIComponent(patreon.requests[0]?.path ?? '')).toBe(`/api/oauth2/v2/members/${id}`);
  });
});

describe('a page', () => {
  it('tells cursor, total and size', async () => {
    patreon.answer({ body: sample('members.list.page-1.200') }, { body: sample('members.list.page-2.200') });
    const client = createClient();
    const first = await client.listMembers('9000001', { count: 4 });
    expect(first).toMatchObject({ nextCursor: '01EXAMPLECURSORaaaaaaaaaa', total: 8, requestedCount: 4, dropped: [] });
    const last = await client.listMembers('9000001', { count: 4, cursor: first.nextCursor });
    expect(last.nextCursor).toBeNull();
    expect(patreon.requests[1]?.query.get('page[cursor]')).toBe('01EXAMPLECURSORaaaaaaaaaa');
  });

  it('without pagination is the only page', async () => {
    patreon.answer({ body: { data: [] } });
    expect(await createClient().listCampaigns()).toMatchObject({ nextCursor: null, total: null });
  });

  it('with a cursor that is not text is an error, not the end of the list', async () => {
    patreon.answer({ body: { data: [], meta: { pagination: { cursors: { next: 17 } } } } });
    expect((await failureOf(createClient().listPosts('1'))).kind).toBe('invalid_answer');
  });
});

describe('throttling', () => {
  it('waits as long as the body says and tells the gate', async () => {
    patreon.answer({ status: 429, body: sample('error.429.throttled') }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(throttled).toEqual([9]);
    expect(pauses).toEqual([9000]);
  });

  it('prefers the body over the header', async () => {
    const headers = { 'retry-after': '60' };
    patreon.answer({ status: 429, headers, body: sample('error.429.throttled') }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(throttled).toEqual([9]);
  });

  it.each([
    ['30', 30],
    ['Sun, 22 Nov 2026 10:02:00 GMT', 120],
    ['0', 1],
    ['2.5', 3],
    ['900', 900],
  ])('takes Retry-After: %s as %d seconds', async (header, seconds) => {
    patreon.answer({ status: 429, headers: { 'retry-after': header }, body: HTML }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(throttled).toEqual([seconds]);
    expect(pauses).toEqual([seconds * 1000]);
  });

  it.each([
    [-5, 1],
    [0, 1],
    [2.2, 3],
    ['30', 30],
    [900, 900],
  ])('takes %j in the body as %d seconds', async (stated, seconds) => {
    patreon.answer({ status: 429, body: { errors: [{ retry_after_seconds: stated }] } }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(throttled).toEqual([seconds]);
  });

  it.each([
    [901, 901],
    [1e300, 86_400],
  ])('of %d seconds is told to the gate and not waited for', async (stated, seconds) => {
    patreon.answer({ status: 429, body: { errors: [{ retry_after_seconds: stated }] } }, EMPTY_PAGE);
    const error = await failureOf(createClient().listMembers('1'));
    expect(error).toMatchObject({ kind: 'rate_limited', permanent: false, retryAfterSeconds: seconds });
    expect(throttled).toEqual([seconds]);
    expect(pauses).toEqual([]);
  });

  it('ends with the word of a gate that does not wait so long', async () => {
    const tooLong = new Error('come back tomorrow');
    const gate = { beforeRequest: async () => {}, throttled: () => Promise.reject(tooLong) };
    patreon.answer({ status: 429, body: { errors: [{ retry_after_seconds: 7200 }] } });
    await expect(createClient({ gate }).listMembers('1')).rejects.toBe(tooLong);
  });

  it('backs off by itself when nothing is said', async () => {
    patreon.answer({ status: 429, body: { errors: [{ retry_after_seconds: 'soon' }] } }, EMPTY_PAGE);
    await createClient({ random: () => 1 }).listMembers('1');
    expect(pauses).toEqual([1000]);
    expect(throttled).toEqual([1]);
  });

  it('ends as rate_limited after six tries', async () => {
    patreon.answer(...times(6, { status: 429, body: sample('error.429.throttled') }));
    const error = await failureOf(createClient().listMembers('1'));
    expect(error).toMatchObject({ kind: 'rate_limited', status: 429, permanent: false, retryAfterSeconds: 9 });
    expect(patreon.requests).toHaveLength(6);
    expect(throttled).toHaveLength(6);
  });
});

describe('an outage', () => {
  it.each([500, 502, 503, 599])('of status %d is waited out', async (status) => {
    patreon.answer({ status, body: HTML }, { status, body: sample('error.500.internal') }, EMPTY_PAGE);
    await createClient({ random: () => 1 }).listMembers('1');
    expect(pauses).toEqual([1000, 2000]);
    expect(throttled).toEqual([]);
  });

  it('that names a pause is left alone for that long', async () => {
    patreon.answer({ status: 503, headers: { 'retry-after': '20' }, body: HTML }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(pauses).toEqual([20_000]);
  });

  it('of the connection is waited out', async () => {
    patreon.answer({ fault: 'reset' }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(pauses).toEqual([500]);
  });

  it('that lasts ends as unavailable after six tries', async () => {
    patreon.answer(...times(6, { status: 500, body: sample('error.500.internal') }));
    const error = await failureOf(createClient().getIdentity());
    expect(error).toMatchObject({ kind: 'unavailable', status: 500, permanent: false });
    expect(error.detail).toContain('87716a1a-0000-4000-8000-000000000500');
    expect(patreon.requests).toHaveLength(6);
  });

  it('of a server that is not there is unavailable', async () => {
    const client = createClient();
    await patreon.close();
    expect(await failureOf(client.getIdentity())).toMatchObject({ kind: 'unavailable', status: undefined });
  });

  it.each(['hang', 'hang-after-headers'] as const)('by silence (%s) ends at the deadline', async (fault) => {
    patreon.answer({ ...EMPTY_PAGE, fault }, EMPTY_PAGE);
    const page = await createClient({ timeoutMs: 60 }).listPosts('1');
    expect(page.items).toEqual([]);
    expect(patreon.requests).toHaveLength(2);
  });
});

describe('a page that is too heavy', () => {
  it('is halved at each 504 down to 25 and then retried as it is', async () => {
    patreon.answer(...times(5, { status: 504, body: HTML }), { status: 504, body: HTML }, EMPTY_PAGE);
    const page = await createClient().listMembers('1');
    const counts = patreon.requests.map((request) => Number(request.query.get('page[count]')));
    expect(counts).toEqual([500, 250, 125, 62, 31, 25, 25]);
    expect(page.requestedCount).toBe(25);
  });

  it('is halved when the deadline passes', async () => {
    patreon.answer({ fault: 'hang' }, EMPTY_PAGE);
    expect((await createClient({ timeoutMs: 60 }).listMembers('1')).requestedCount).toBe(250);
  });

  it('is halved when its body exceeds the cap, whatever length it announces', async () => {
    patreon.answer({ body: { data: [], filler: 'x'.repeat(5000) } }, EMPTY_PAGE);
    expect((await createClient({ maxBytes: 4000 }).listMembers('1', { count: 100 })).requestedCount).toBe(50);
  });

  it('is measured after decompression', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const body = gzipSync(JSON.stringify({ data: [], filler: 'x'.repeat(100_000) }));
    expect(body.length).toBeLessThan(4000);
    patreon.answer({ body, headers }, EMPTY_PAGE);
    expect((await createClient({ maxBytes: 4000 }).listMembers('1')).requestedCount).toBe(250);
  });

  it('ends after a bounded number of tries', async () => {
    patreon.answer(...times(30, { status: 504, body: HTML }));
    expect((await failureOf(createClient().listMembers('1'))).kind).toBe('unavailable');
    expect(patreon.requests).toHaveLength(11);
  });

  it('of members comes without their histories if it is refused with them at any size', async () => {
    patreon.answer(...times(6, { status: 504, body: HTML }), { body: sample('members.list.page-1.200') });
    const page = await createClient().listMembers('1');
    expect(page.items.length).toBeGreaterThan(0);
    expect(page.omitted).toEqual(['pledge_history']);
    expect(patreon.requests.at(-2)?.query.get('include')).toContain('pledge_history');
    expect(patreon.requests.at(-1)?.query.get('include')).not.toContain('pledge_history');
  });

  it('of one member is asked again without the history', async () => {
    patreon.answer({ status: 504, body: HTML }, { body: sample('member.get.200') });
    const { item } = await createClient().getMember('1c7f8e2d-69b2-4a1f-8c8b-7b2a4d3e0102');
    expect(item?.missing_relationships).toContain('pledge_history');
    expect(patreon.requests.map((request) => request.query.get('include')?.includes('pledge_history'))).toEqual([
      true,
      false,
    ]);
  });

  it('that cannot be made smaller is an invalid answer', async () => {
    patreon.answer({ body: { data: {}, filler: 'x'.repeat(5000) } });
    expect(await failureOf(createClient({ maxBytes: 4000 }).getPost('1'))).toMatchObject({
      kind: 'invalid_answer',
      detail: 'answer exceeds 4000 bytes',
    });
    expect(patreon.requests).toHaveLength(1);
  });
});

describe('an answer that is no JSON:API document', () => {
  it.each([
    ['an HTML page', { body: HTML }],
    ['an empty body', { headers: { 'content-type': 'application/json' } }],
    ['an empty body without a type', { body: '' }],
    ['cut off', { body: '{"data": [{"id', headers: { 'content-type': 'application/json' } }],
    ['null', { body: null }],
    ['errors under 200', { body: { errors: [{ detail: 'no' }] } }],
    ['an object where a list belongs', { body: { data: {} } }],
    ['JSON labelled as text', { body: JSON.stringify({ data: [] }), headers: { 'content-type': 'text/plain' } }],
    ['a 204', { status: 204 }],
  ])('(%s) is never taken for an empty list', async (_, answer) => {
    patreon.answer(...times(6, answer));
    expect(await failureOf(createClient().listMembers('1', { count: 25 }))).toMatchObject({
      kind: 'invalid_answer',
      permanent: false,
    });
  });

  it('is asked for again, because maintenance pages pass', async () => {
    patreon.answer({ body: HTML }, EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(pauses).toEqual([500]);
  });

  it('is described by the first words of its text', async () => {
    patreon.answer(...times(6, { body: HTML.replace('Down', 'x'.repeat(300)), headers: { 'cf-ray': 'abc-FRA' } }));
    const { detail } = await failureOf(createClient().listMembers('1'));
    expect(detail).not.toContain('<');
    expect(detail).toContain('cf-ray abc-FRA');
    expect(detail.length).toBeLessThan(320);
  });

  it('is refused when it is another resource than the one asked for', async () => {
    patreon.answer({ body: sample('post.get.200') });
    expect((await failureOf(createClient().getPost('4711'))).kind).toBe('invalid_answer');
  });
});

describe('a refusal', () => {
  const edge = sample<{ status: number; headers: Record<string, string>; body: string }>(
    'error.403.edge-block.non-json',
  );

  it.each([
    ['forbidden', true, { status: 403, body: sample('error.403.view-forbidden') }],
    ['blocked', false, edge],
    ['not_found', true, { status: 404, body: sample('error.404.not-found') }],
    ['not_found', true, { status: 410, body: sample('error.404.not-found') }],
    ['invalid_request', true, { status: 405, body: { errors: [] } }],
    ['invalid_request', true, { status: 400, body: { errors: [{ detail: 'no idea' }] } }],
    ['cursor_expired', false, { status: 400, body: sample('error.400.expired-cursor') }],
  ])('is %s (permanent: %s) and asked once', async (kind, permanent, answer) => {
    patreon.answer(answer);
    const error = await failureOf(createClient().getPost('1'));
    expect(error).toMatchObject({ kind, permanent, status: answer.status, requestPath: '/api/oauth2/v2/posts/1' });
    expect(patreon.requests).toHaveLength(1);
  });

  it('by the edge carries its ray', async () => {
    patreon.answer(edge);
    const error = await failureOf(createClient().getPost('1'));
    expect(error.detail).toContain('0000000000000000-XXX');
  });

  it('of 404 in HTML does not say that something is gone, and is not repeated', async () => {
    patreon.answer({ status: 404, body: HTML });
    expect((await failureOf(createClient().getMember('m-1'))).kind).toBe('invalid_answer');
    expect(patreon.requests).toHaveLength(1);
  });

  it('by redirect is not followed', async () => {
    patreon.answer({ status: 302, headers: { location: 'https://example.com/?token=1' }, body: '' });
    const error = await failureOf(createClient().getIdentity());
    expect(error).toMatchObject({ kind: 'invalid_answer', status: 302 });
    expect(error.message).not.toContain('example.com');
    expect(patreon.requests).toHaveLength(1);
  });

  it('never repeats the token or query values', async () => {
    patreon.answer({ status: 400, body: { errors: [{ detail: `Bearer ${TOKEN} is odd` }] } });
    const error = await failureOf(createClient().listMembers('1', { cursor: 'cursor-value' }));
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toMatch(
      /secret-access|cursor-value/,
    );
  });
});

describe('a token that is refused', () => {
  const refused = { status: 401, body: sample('error.401.unauthorized') };

  it('is renewed once and the read repeated with the new one', async () => {
    let token = 'old';
    const seen: string[] = [];
    const onUnauthorized = async (refusedToken: string) => {
      seen.push(refusedToken);
      token = 'new';
      return true;
    };
    patreon.answer(refused, EMPTY_PAGE);
    await createClient({ accessToken: async () => token, onUnauthorized }).listMembers('1');
    expect(seen).toEqual(['old']);
    expect(patreon.requests.map((request) => request.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(pauses).toEqual([]);
  });

  it('is an error when the new one is refused too', async () => {
    let renewals = 0;
    patreon.answer(refused, refused);
    const client = createClient({ onUnauthorized: async () => ++renewals > 0 });
    expect(await failureOf(client.getIdentity())).toMatchObject({ kind: 'unauthorized', permanent: true, status: 401 });
    expect(renewals).toBe(1);
  });

  it('is an error at once when it cannot be renewed', async () => {
    patreon.answer(refused, refused);
    expect((await failureOf(createClient({ onUnauthorized: async () => false }).getIdentity())).kind).toBe(
      'unauthorized',
    );
    expect((await failureOf(createClient().getIdentity())).kind).toBe('unauthorized');
    expect(patreon.requests).toHaveLength(2);
  });
});

describe('a name that Patreon refuses', () => {
  const refusal = (parameter: string, type: string, names: string) => ({
    status: 400,
    body: {
      errors: [
        {
          code_name: 'ParameterInvalidOnType',
          detail: `Invalid parameter for '${parameter}' on type '${type}': ${names}.`,
          source: { parameter },
        },
      ],
    },
  });

  it('is dropped, reported, and not asked for again', async () => {
    const campaigns = { body: sample('campaigns.list.200') };
    patreon.answer(refusal('fields[campaign]', 'campaign', 'currency'), campaigns, campaigns);
    const client = createClient();
    const page = await client.listCampaigns();
    await client.listCampaigns();
    const asked = patreon.requests.map((request) => request.query.get('fields[campaign]')?.split(','));
    expect(asked.map((fields) => fields?.includes('currency'))).toEqual([true, false, false]);
    expect(asked[1]).toContain('name');
    const name: DroppedName = { parameter: 'fields', type: 'campaign', name: 'currency' };
    expect(dropped).toEqual([name]);
    expect(page.dropped).toEqual([name]);
    expect(pauses).toEqual([]);
  });

  it('may be an include, which takes its fields along', async () => {
    patreon.answer(refusal('include', 'member', 'address'), EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(patreon.requests[1]?.query.get('include')).toBe('currently_entitled_tiers,pledge_history,user');
    expect(patreon.requests[1]?.query.has('fields[address]')).toBe(false);
  });

  it('is dropped on its own type and endpoint only', async () => {
    const campaign = { body: sample('campaign.get.200') };
    patreon.answer(refusal('fields[tier]', 'tier', 'image_url'), campaign);
    await createClient().getCampaign('9000001');
    expect(patreon.requests[1]?.query.get('fields[tier]')?.split(',')).not.toContain('image_url');
    expect(patreon.requests[1]?.query.get('fields[campaign]')?.split(',')).toContain('image_url');
  });

  it.each([
    ['the path', 'campaign', 'tiers.benefits'],
    ['the last part on the nested type', 'tier', 'benefits'],
  ])('may be a nested include, named by %s', async (_, type, name) => {
    patreon.answer(refusal('include', type, name), { body: sample('campaign.get.200') });
    const { item } = await createClient().getCampaign('9000001');
    expect(patreon.requests[1]?.query.get('include')).toBe('benefits,creator,tiers');
    expect(item?.benefits).toHaveLength(2);
  });

  it('may be a nested include that the answer does not name', async () => {
    const unnamed = { status: 400, body: { errors: [{ status: '400', code_name: 'ParameterInvalidOnType' }] } };
    patreon.answer(unnamed, { body: sample('campaign.get.200') });
    await createClient().getCampaign('9000001');
    expect(patreon.requests[1]?.query.get('include')).toBe('benefits,creator,tiers');
    expect(dropped.map(({ name }) => name)).toEqual(['tiers.benefits']);
  });

  it('may come with others in one answer', async () => {
    patreon.answer(refusal('fields[member]', 'member', 'note, is_gifted'), EMPTY_PAGE);
    await createClient().listMembers('1');
    expect(dropped.map(({ name }) => name).sort()).toEqual(['is_gifted', 'note']);
  });

  it('that we did not ask for ends the read', async () => {
    patreon.answer({ status: 400, body: sample('error.400.parameter-invalid-on-type') });
    expect(await failureOf(createClient().getPost('1'))).toMatchObject({ kind: 'invalid_request', permanent: true });
    expect(dropped).toEqual([]);
  });

  it('after name ends the read when there is no end of them', async () => {
    patreon.answer({ body: sample('campaign.get.200') });
    const probe = createClient();
    await probe.getCampaign('9000001');
    const names = patreon.requests[0]?.query.get('fields[campaign]')?.split(',') ?? [];
    patreon.answer(...names.map((name) => refusal('fields[campaign]', 'campaign', name)));
    expect((await failureOf(createClient().getCampaign('9000001'))).kind).toBe('invalid_request');
    expect(patreon.requests.length).toBeLessThanOrEqual(22);
  });
});

describe('the gate', () => {
  const refused401 = { status: 401, body: sample('error.401.unauthorized') };

  it.each([
    ['answered', 'a document', [EMPTY_PAGE], ['answered']],
    ['failed', 'an outage', [{ status: 500 }, EMPTY_PAGE], ['failed', 'answered']],
    ['failed', 'a broken connection', [{ fault: 'reset' as const }, EMPTY_PAGE], ['failed', 'answered']],
    ['failed', 'a page instead of the API', [{ body: HTML }, EMPTY_PAGE], ['failed', 'answered']],
    ['refused', 'a 404', [{ status: 404, body: sample('error.404.not-found') }], ['refused']],
    ['refused', 'a 401', [refused401], ['refused']],
    ['refused', 'a 429', [{ status: 429 }, EMPTY_PAGE], ['refused', 'answered']],
    ['blocked', 'the edge', [{ status: 403, body: HTML }], ['blocked']],
  ])('is told %s of %s', async (_result, _answer, answers, told) => {
    const results: string[] = [];
    const gate = {
      beforeRequest: async () => {},
      throttled: async () => {},
      afterRequest: async (result: string) => void results.push(result),
    };
    patreon.answer(...answers);
    await createClient({ gate })
      .listMembers('1')
      .catch(() => undefined);
    expect(results).toEqual(told);
  });

  it('is not asked for a request that has no token', async () => {
    const gate = { beforeRequest: () => Promise.reject(new Error('asked')), throttled: async () => {} };
    const accessToken = () => Promise.reject(new Error('no token'));
    await expect(createClient({ gate, accessToken }).getIdentity()).rejects.toThrow('no token');
  });

  it('is told of a request that is not sent because the token was lost meanwhile', async () => {
    const results: string[] = [];
    const gate = {
      // Long enough for the token to be looked up again.
      beforeRequest: () => sleep(1_050),
      throttled: async () => {},
      afterRequest: async (result: string) => void results.push(result),
    };
    let asked = 0;
    const accessToken = async () => {
      if (asked++ > 0) throw new Error('no token');
      return TOKEN;
    };
    await expect(createClient({ gate, accessToken }).getIdentity()).rejects.toThrow('no token');
    expect(results).toEqual(['not_sent']);
  });
});

describe('patience', () => {
  it('ends before a pause that is longer', async () => {
    patreon.answer({ status: 503, headers: { 'retry-after': '30' }, body: HTML }, EMPTY_PAGE);
    const error = await failureOf(createClient({ patienceMs: 10_000 }).listMembers('1'));
    expect(error).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 30 });
    expect(pauses).toEqual([]);
  });

  it('allows a short one', async () => {
    patreon.answer({ status: 503, body: HTML }, EMPTY_PAGE);
    await createClient({ patienceMs: 10_000 }).listMembers('1');
    expect(pauses).toEqual([500]);
  });
});

describe('cancelling', () => {
  it('ends a running request', async () => {
    patreon.answer({ fault: 'hang' });
    const controller = new AbortController();
    const results: string[] = [];
    const afterRequest = async (result: string) => void results.push(result);
    const gate = { beforeRequest: async () => {}, throttled: async () => {}, afterRequest };
    const read = failureOf(createClient({ gate }).listMembers('1', { signal: controller.signal }));
    while (patreon.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await read).toMatchObject({ kind: 'cancelled', permanent: false });
    expect(patreon.requests).toHaveLength(1);
    expect(results).toEqual(['called_off']);
  });

  it('ends a pause', async () => {
    const controller = new AbortController();
    patreon.answer({ status: 429, headers: { 'retry-after': '900' }, body: HTML });
    const gate = { beforeRequest: async () => {}, throttled: async () => controller.abort() };
    const client = createClient({ gate, sleep: undefined, signal: controller.signal });
    expect((await failureOf(client.listMembers('1'))).kind).toBe('cancelled');
  });

  it('before the start sends nothing', async () => {
    const client = createClient({ signal: AbortSignal.abort() });
    const read = client.listMembers('1', { signal: new AbortController().signal });
    expect((await failureOf(read)).kind).toBe('cancelled');
    expect(patreon.requests).toEqual([]);
  });
});
