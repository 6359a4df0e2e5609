import type { DraftContent } from '../../src/apps/posts/draft.model';
import { EMPTY_CONTENT } from '../../src/apps/posts/draft-content';
import { findProblems, type PreflightFacts, stopsReady } from '../../src/apps/posts/preflight';
import { preflight } from '../../src/apps/posts/preflight.service';
import { contentParts } from '../../src/apps/posts/preflight-content';
import { startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertTiers } from '../support/campaign-factories';

const WHOLE = { ...EMPTY_CONTENT, title: 'A walk at dawn', content: 'We went out before the birds did.' };
const TIER = { patreon_id: '1', title: 'Inkwell', amount_cents: 500, published: true, gone_at: null };

const FACTS: PreflightFacts = {
  now: new Date('2026-11-22T12:00:00Z'),
  panelHost: 'desk.example.com',
  tiers: [TIER],
  pictures: new Map([[7, 'IMG_2041 (final).jpeg']]),
};

function found(draft: Partial<DraftContent>, facts: Partial<PreflightFacts> = {}): string[] {
  const whole = { ...WHOLE, ...draft };
  const findings = findProblems(whole, contentParts(whole.content), { ...FACTS, ...facts });
  return findings.map(({ code, severity, vars }) =>
    [severity === 'error' ? '!' : '?', code, ...Object.values(vars)].join(' '),
  );
}

describe('the check before ready', () => {
  it('finds nothing wrong with a whole post', () => {
    expect(found({})).toEqual([]);
    expect(found({ content: '![A heron](/patreon/posts/pictures/7/)', cover_id: 7 })).toEqual([]);
    expect(found({ content: 'See [here](https://example.com/a?b=c#d) and https://example.com.' })).toEqual([]);
  });

  it.each<[Partial<DraftContent>, string[]]>([
    [{ title: '' }, ['! titleEmpty']],
    [{ title: ' \u00a0' }, ['! titleEmpty']],
    [{ content: ' \n ' }, ['! contentEmpty']],
    [{ content: '---' }, ['! contentEmpty']],
    [{ title: 'TBD' }, ['? markerInTitle TBD']],
    [{ content: 'One\n\nTODO two XXX' }, ['? marker TODO 3', '? marker XXX 3']],
    [{ content: 'Dear {{name}}, […] and [...]' }, ['? marker {{name}} 1', '? marker […] 1', '? marker [...] 1']],
    [{ content: 'Lorem Ipsum dolor' }, ['? marker lorem ipsum 1']],
    [{ content: 'Texte À COMPLÉTER' }, ['? marker À COMPLÉTER 1']],
  ])('of %j finds %j', (draft, findings) => {
    expect(found(draft)).toEqual(findings);
  });

  it.each(['I did my todos', 'XXXL shirts', 'TODOs', 'a list […more]', '{ {x} }'])(
    'takes no words for markers: %s',
    (content) => {
      expect(found({ content })).toEqual([]);
    },
  );

  it.each<[string, string[]]>([
    ['![](/patreon/posts/pictures/7/)', ['? altMissing 1']],
    ['text\n\n![ ](/patreon/posts/pictures/7/)', ['? altMissing 3']],
    ['![IMG 2041 (final)](/patreon/posts/pictures/7/)', ['? altFileName 1 IMG 2041 (final)']],
    ['![IMG 2041, a heron](/patreon/posts/pictures/7/)', []],
    ['![Gone](/patreon/posts/pictures/8/)', ['! pictureMissing 1']],
    ['![Far](https://example.com/a.png)', ['? pictureForeign 1']],
  ])('looks at the pictures of %j', (content, findings) => {
    expect(found({ content })).toEqual(findings);
  });

  it('misses a cover that is no longer here', () => {
    expect(found({ cover_id: 9 })).toEqual(['! coverMissing']);
  });

  it.each<[string, string[]]>([
    ['[here]()', ['? linkToNothing 1 here']],
    ['[here](#)', ['? linkToNothing 1 here']],
    ['[here](about/us)', ['? linkRelative 1 here']],
    ['a  \nb [here](http://example.com/)', ['? linkNotHttps 2 here']],
    ['[write](mailto:a@example.com)', ['? linkNotHttps 1 write']],
    ['[draft](https://desk.example.com/patreon/posts/1/)', ['? linkToPanel 1 draft']],
    ['[local](https://localhost:3000/)', ['? linkToPanel 1 local']],
    ['[typo](htp://example)', ['? linkNotHttps 1 typo']],
  ])('looks at the links of %j', (content, findings) => {
    expect(found({ content })).toEqual(findings);
  });

  it.each<[Partial<DraftContent>, string[]]>([
    [{ is_public: true, tiers: ['1'] }, ['? publicWithTiers']],
    [{ is_public: true, min_cents_pledged_to_view: 500 }, ['? publicWithAmount']],
    [{ is_public: false, title: 'A public post about birds' }, ['? saysPublic']],
    [{ is_public: false, content: 'This one is free for everyone.\n\nBirds.' }, ['? saysPublic']],
    [{ is_public: false, content: 'Birds.\n\nTomorrow: one that is free for everyone.' }, []],
    [{ is_public: true, title: 'Birds' }, []],
    [{ is_public: true, title: 'Patrons only: birds' }, ['? saysMembers']],
    [{ tiers: ['1'] }, []],
    [{ tiers: ['2'] }, ['? tierUnread 2']],
    [{ min_cents_pledged_to_view: 300 }, ['? amountBelowTiers']],
    [{ min_cents_pledged_to_view: 700, tiers: ['1'] }, ['? amountAboveTier Inkwell']],
    [{ min_cents_pledged_to_view: 0 }, []],
    [{ planned_for: '2026-11-22T11:59:59Z' }, ['? plannedInPast']],
    [{ planned_for: '2026-11-22T12:00:01Z' }, []],
  ])('looks at audience and date: %j', (draft, findings) => {
    expect(found(draft)).toEqual(findings);
  });

  it('looks at the tiers as they are on Patreon now', () => {
    const gone = { ...TIER, gone_at: '2026-11-01T00:00:00Z' };
    expect(found({ tiers: ['1'] }, { tiers: [gone] })).toEqual(['! tierGone Inkwell']);
    expect(found({ tiers: ['1'] }, { tiers: [{ ...TIER, published: false }] })).toEqual(['? tierUnpublished Inkwell']);
  });

  it('tells what stops before what only warns', () => {
    expect(found({ title: 'TODO', content: '' })).toEqual(['! contentEmpty', '? markerInTitle TODO']);
  });

  it('stops at errors always, at warnings until somebody has looked at them', () => {
    const error = { code: 'x', severity: 'error', place: 'title', vars: {} } as const;
    const warning = { ...error, severity: 'warning' } as const;
    expect([stopsReady([], false), stopsReady([warning], true)]).toEqual([false, false]);
    expect([stopsReady([warning], false), stopsReady([error], true)]).toEqual([true, true]);
  });

  it('is quick on hostile text', () => {
    const content = '{{'.repeat(20_000) + '[…'.repeat(10_000);
    expect(found({ content }).length).toBeLessThan(10);
  });
});

describe('what the check looks up', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('are the tiers and pictures of the draft’s own campaign', async () => {
    const { knex } = app.context;
    const [here, there] = [await insertCampaign(knex), await insertCampaign(knex)];
    await insertTiers(knex, here, [{ patreon_id: '11', title: 'Ours', amount_cents: 500 }]);
    await insertTiers(knex, there, [{ patreon_id: '12', title: 'Theirs', amount_cents: 100 }]);
    const picture = (campaign_id: number) =>
      knex('post_pictures')
        .insert({
          campaign_id,
          sha256: Buffer.from([1]),
          content_type: 'image/png',
          bytes: Buffer.from([1]),
          width: 1,
          height: 1,
          file_name: 'a.png',
        })
        .returning('id');
    const [[{ id: own }], [{ id: foreign }]] = [await picture(here), await picture(there)];
    const content = `![a](/patreon/posts/pictures/${own}/)\n\n![b](/patreon/posts/pictures/${foreign}/)`;
    const findings = await preflight(app.context, { ...WHOLE, content, campaign_id: here, tiers: ['11', '12'] });
    expect(findings.map(({ code, vars }) => [code, ...Object.values(vars)])).toEqual([
      ['pictureMissing', 3],
      ['altFileName', 1, 'a'],
      ['tierUnread', '12'],
    ]);
  });
});
