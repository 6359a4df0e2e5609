import type { JsonApiDocument } from '../../src/sandbox/document';
import { RESOURCE_TYPES } from '../../src/sandbox/resource-types';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { readFixture, WIRE_NOW, wireDocuments } from '../support/wire-documents';
import { SandboxClient } from './sandbox-client';

const all = (type: keyof typeof RESOURCE_TYPES, ...without: string[]): string =>
  RESOURCE_TYPES[type].attributes.filter((name) => !without.includes(name)).join(',');

const MEMBER_ID = '1c7f8e2d-69b2-4a1f-8c8b-7b2a4d3e0102';
const LISTED_USER = 'created,full_name,image_url,is_creator,social_connections,thumb_url,url,vanity';
const CAMPAIGN = {
  include: 'benefits,creator,goals,tiers',
  'fields[campaign]': all('campaign'),
  'fields[benefit]': all('benefit'),
  'fields[tier]': all('tier'),
  'fields[user]': 'full_name,image_url,url,vanity',
};
const MEMBERS = {
  include: 'address,currently_entitled_tiers,user',
  'page[count]': '4',
  'fields[member]': all('member'),
  'fields[tier]': 'amount_cents,title',
  'fields[user]': LISTED_USER,
  'fields[address]': all('address'),
};
const HISTORY = {
  include: 'currently_entitled_tiers,pledge_history,user',
  'fields[member]': all('member'),
  'fields[tier]': 'amount_cents,title',
  'fields[user]': LISTED_USER,
  'fields[pledge-event]': all('pledge-event'),
};
const IDENTITY = {
  include: 'campaign,memberships,memberships.campaign,memberships.currently_entitled_tiers',
  'fields[user]':
    'about,created,email,first_name,full_name,image_url,is_creator,is_email_verified,last_name,social_connections,thumb_url,url,vanity',
  'fields[campaign]':
    'created_at,creation_name,currency,image_small_url,image_url,name,patron_count,summary,url,vanity',
  'fields[member]':
    'campaign_lifetime_support_cents,currently_entitled_amount_cents,is_free_trial,is_gifted,last_charge_date,last_charge_status,patron_status,pledge_cadence',
  'fields[tier]': 'amount_cents,title',
};

const SAMPLES: [file: string, path: string, parameters: Record<string, string>][] = [
  ['identity.bare.200.json', '/identity', {}],
  ['identity.full.200.json', '/identity', IDENTITY],
  ['campaign.get.200.json', '/campaigns/9000001', CAMPAIGN],
  ['campaigns.list.200.json', '/campaigns', CAMPAIGN],
  ['campaigns.list.bare.200.json', '/campaigns', {}],
  ['members.list.page-1.200.json', '/campaigns/9000001/members', MEMBERS],
  [
    'member.get.200.json',
    `/members/${MEMBER_ID}`,
    {
      include: 'address,campaign,currently_entitled_tiers,user',
      'fields[member]': all('member'),
      'fields[address]': all('address'),
      'fields[campaign]': 'currency,name,url,vanity',
      'fields[tier]': all('tier'),
      'fields[user]': LISTED_USER,
    },
  ],
  ['member.get.bare.200.json', `/members/${MEMBER_ID}`, {}],
  [
    'member.get.hidden-person.200.json',
    '/members/94f705a5-e13a-4297-a403-f3a2c5b60301',
    { include: 'address,currently_entitled_tiers,user', 'fields[member]': all('member') },
  ],
  ['posts.list.page-1.200.json', '/campaigns/9000001/posts', { 'page[count]': '2', 'fields[post]': all('post') }],
  [
    'post.get.200.json',
    '/posts/110000002',
    {
      include: 'campaign,user',
      'fields[post]': all('post'),
      'fields[campaign]': 'name,url,vanity',
      'fields[user]': 'full_name,url',
    },
  ],
  ['post.get.bare.200.json', '/posts/110000002', {}],
];

const byTypeAndId = (a: { type: string; id: string }, b: { type: string; id: string }): number =>
  `${a.type}:${a.id}` < `${b.type}:${b.id}` ? -1 : 1;

/** The order of `included` and the text of a cursor are Patreon's own business; everything else has to agree. */
function comparable(document: JsonApiDocument): JsonApiDocument {
  const copy: JsonApiDocument = structuredClone(document);
  copy.included?.sort(byTypeAndId);
  const cursors = copy.meta?.pagination.cursors;
  if (cursors?.next) cursors.next = 'a cursor';
  return copy;
}

function expectSortedKeys(value: unknown): void {
  if (Array.isArray(value)) value.forEach(expectSortedKeys);
  else if (value !== null && typeof value === 'object') {
    expect(Object.keys(value)).toEqual(Object.keys(value).sort());
    Object.values(value).forEach(expectSortedKeys);
  }
}

describe('a sandbox that serves the sample documents', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ documents: wireDocuments(), now: WIRE_NOW, imageOrigin: null });
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());

  it.each(SAMPLES)('answers %s key by key', async (file, path, parameters) => {
    const { status, body } = await client.get(path, parameters);
    expect(status).toBe(200);
    expect(comparable(body)).toEqual(comparable(readFixture(file)));
    expectSortedKeys(body);
  });

  it.each([
    ['members', '/campaigns/9000001/members', MEMBERS],
    ['posts', '/campaigns/9000001/posts', { 'page[count]': '2', 'fields[post]': all('post') }],
  ])('leads from page 1 to page 2 of the %s', async (name, path, parameters) => {
    const pages = await client.walk(path, parameters);
    const samples = [`${name}.list.page-1.200.json`, `${name}.list.page-2.200.json`].map(readFixture);
    expect(pages.map(comparable)).toEqual(samples.map(comparable));
  });

  it('answers the pledge history of the people in the sample', async () => {
    const sample: JsonApiDocument = readFixture('members.list.pledge-history.200.json');
    const ids = (document: JsonApiDocument) => [document.data].flat().map(({ id }) => id);
    const { body } = await client.get('/campaigns/9000001/members', HISTORY);
    const listed = [body.data].flat().filter(({ id }) => ids(sample).includes(id));
    expect(listed).toEqual(sample.data);
    for (const included of sample.included ?? []) expect(body.included).toContainEqual(included);
  });

  it('answers an empty list as the sample does', async () => {
    const empty = await startSandbox({ campaigns: [{ members: 0 }] });
    const { body } = await (await SandboxClient.connect(empty)).get('/campaigns/9100001/members');
    await empty.close();
    expect(body).toEqual(readFixture('members.list.empty.200.json'));
  });

  it('sends the headers of the sample and none about remaining requests', async () => {
    const { headers } = await client.get('/identity');
    const expected = Object.keys(readFixture('headers.success-sample.json'));
    expect([...headers.keys()]).toEqual(expect.arrayContaining(expected));
    expect(headers.get('content-type')).toBe('application/vnd.api+json');
    expect([...headers.keys()].filter((name) => /rate|limit|remaining/.test(name))).toEqual([]);
  });

  it.each([
    ['error.404.not-found.json', '/posts/395500', {}, /^Post with id 395500/],
    ['error.400.expired-cursor.json', '/campaigns/9000001/posts', { 'page[cursor]': 'nonsense' }, /page\[cursor\]/],
    ['error.400.parameter-invalid-on-type.json', '/posts/110000002', { include: 'media' }, /type 'post': media\.$/],
    ['error.403.view-forbidden.json', '/members/83e6f594-d029-4186-93f2-e291b4a50201', {}, /do not have permission/],
  ])('words its refusals as %s', async (file, path, parameters, detail) => {
    const sample = readFixture(file).errors[0];
    const { status, headers, body } = await client.getError(path, parameters);
    const [error] = body.errors;
    expect(headers.get('content-type')).toBe('application/vnd.api+json');
    expect(String(status)).toBe(sample.status);
    expect(Object.keys(error ?? {})).toEqual(Object.keys(sample));
    expect(error).toMatchObject({ code: sample.code, code_name: sample.code_name, status: sample.status });
    expect(error?.source).toEqual(sample.source);
    expect(error?.detail).toMatch(detail);
  });
});
