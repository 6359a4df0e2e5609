import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

describe('writing a draft', () => {
  let app: TestApp;
  let editor: SignedInVisitor;
  let campaign: number;
  let tiers: number[];

  beforeAll(async () => {
    app = await startTestApp();
    editor = await app.signInAs('editor');
    campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'EUR' });
    tiers = await insertTiers(app.context.knex, campaign, [
      { patreon_id: '7001', title: 'Inkwell', amount_cents: 300 },
      { patreon_id: '7002', title: 'Quill', amount_cents: 900 },
    ]);
  });
  afterAll(() => app.close());

  const here = () => `/patreon/campaigns/${campaign}/create-post/`;

  it('begins with an empty form', async () => {
    const page = readPage((await editor.get(here()).expect(200)).text);
    expect(page.values()).toMatchObject({ title: '', content: '', min_cents_pledged_to_view: '', planned_for: '' });
    expect(page.text).toContain('Inkwell');
  });

  it('keeps everything that was written', async () => {
    const answer = await editor.postForm(here(), {
      title: ' First  words ',
      content: 'Some *text*\r\nand more',
      tiers: [String(tiers[0]), String(tiers[1])],
      is_paid: 'true',
      min_cents_pledged_to_view: '500',
      planned_for: '2027-03-01T18:30',
      tags: 'ink, paper, ink',
      notes: 'For us',
      action: 'save',
    });
    expect(answer.status).toBe(303);
    const page = readPage((await editor.get(String(answer.headers.location)).expect(200)).text);
    expect(page.values()).toMatchObject({
      title: 'First words',
      content: 'Some *text*\nand more',
      is_paid: 'true',
      min_cents_pledged_to_view: '500',
      planned_for: '2027-03-01T18:30',
      tags: 'ink, paper',
      notes: 'For us',
      version: '1',
    });
    const [row] = await app.context.knex('post_drafts').select('tiers', 'state', 'is_public');
    expect(row).toEqual({ tiers: ['7001', '7002'], state: 'draft', is_public: false });
  });
});
