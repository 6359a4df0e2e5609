import { inflateSync } from 'node:zlib';
import { drawPng } from '../../src/sandbox/images';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { control, SandboxClient } from './sandbox-client';

describe('the image host of the sandbox', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeEach(async () => {
    sandbox = await startSandbox({ campaigns: [{ members: 40, posts: 4 }] });
    client = await SandboxClient.connect(sandbox);
  });
  afterEach(() => sandbox.close());

  async function campaignImage(): Promise<string> {
    const { body } = await client.get('/campaigns', { 'fields[campaign]': 'image_url' });
    return String([body.data].flat()[0]?.attributes.image_url);
  }

  it('serves the pictures that the campaign, its tiers, its people and its posts name', async () => {
    const members = await client.get('/campaigns/9100001/members', {
      include: 'currently_entitled_tiers,user',
      'fields[user]': 'image_url,thumb_url',
      'fields[tier]': 'image_url',
    });
    const posts = await client.get('/campaigns/9100001/posts', { 'fields[post]': 'content' });
    const answers = JSON.stringify([members.body, posts.body, await campaignImage()]).replaceAll('&amp;', '&');
    const addresses = [...new Set(answers.match(new RegExp(`${sandbox.url}/[34]/[^"\\\\]+`, 'g')))];
    const kinds = new Set(addresses.map((address) => /\/p\/(\w+)\//.exec(address)?.[1] ?? 'default'));
    expect(kinds).toEqual(new Set(['campaign', 'user', 'reward', 'post', 'default']));
    for (const address of addresses) {
      const response = await fetch(address);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
      expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
    }
  });

  it('refuses an address whose expiry, path or token was edited', async () => {
    const address = await campaignImage();
    const edited = [
      address.replace(/token-time=\d+/, 'token-time=2145916800'),
      address.replace('/1.png', '/2.png'),
      address.replace(/token-hash=./, 'token-hash=_'),
      address.replace(/\?.*/, ''),
    ];
    for (const one of edited) expect((await fetch(one)).status).toBe(403);
    expect((await fetch(address)).status).toBe(200);
  });

  it('refuses an address once it has expired; the campaign then names another', async () => {
    const address = await campaignImage();
    const expiry = Number(/token-time=(\d+)/.exec(address)?.[1]);
    expect(expiry % 86_400).toBe(0);
    await control(sandbox, 'POST', '/clock', { advance_seconds: 15 * 86_400 });
    expect((await fetch(address)).status).toBe(403);
    expect((await fetch(await campaignImage())).status).toBe(200);
  });

  it('draws valid PNG files of the size that is asked for', () => {
    const png = drawPng('a picture', 620, 155);
    const length = png.readUInt32BE(8 + 25 + 18);
    const data = png.subarray(8 + 25 + 18 + 8, 8 + 25 + 18 + 8 + length);
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([620, 155]);
    expect(inflateSync(data)).toHaveLength(621 * 155);
  });
});
