import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { createFormat } from '../../src/http/format';
import { createCatalogue, type Locale } from '../../src/i18n';
import { sharedMessages } from '../../src/shared.messages';

const root = join(__dirname, '../..');
const catalogue = createCatalogue({ shared: sharedMessages });

function render(view: string, locals: Record<string, unknown> = {}, locale: Locale = 'en'): string {
  const file = join(root, 'views', `${view}.ejs`);
  const options = { filename: file, _with: false, localsName: 'it' } as ejs.Options;
  const shared = {
    t: catalogue.translator(locale),
    locale,
    fmt: createFormat(locale),
    asset: (path: string) => path,
    can: () => true,
    csrfToken: () => 'the-token',
  };
  return ejs.compile(readFileSync(file, 'utf8'), options)({ ...shared, ...locals }) as string;
}

function templates(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? templates(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

const STATES: Record<string, string[]> = {
  kind: ['paying', 'pending', 'declined', 'former', 'gift', 'trial', 'free', 'unknown'],
  run: ['queued', 'running', 'succeeded', 'partial', 'failed', 'held', 'cancelled'],
  connection: ['not_connected', 'connected', 'reconnect_needed', 'refresh_unknown', 'disconnected'],
  draft: ['idea', 'draft', 'in_review', 'ready', 'handed_off', 'published', 'drifted'],
  plan: ['open', 'applied', 'conflict', 'discarded'],
};
const iconOf = (html: string) => /#([a-z-]+)"/.exec(html)?.[1];

describe('a badge', () => {
  describe.each(Object.entries(STATES))('of the group %s', (group, values) => {
    it.each(['en', 'fr'] as const)('has a word for every value in %s', (locale) => {
      for (const value of values) {
        const words = render('shared/_badge', { group, value }, locale)
          .replace(/<[^>]+>/g, '')
          .trim();
        expect(words).not.toBe('');
        expect(words).not.toContain(`${group}.`);
      }
    });
  });

  it('tells the kinds apart by their icons alone', () => {
    const icons = STATES.kind?.map((value) => iconOf(render('shared/_badge', { group: 'kind', value })));
    expect(new Set(icons).size).toBe(8);
  });

  it('shows a word that nobody knows as it came, harmless', () => {
    const html = render('shared/_badge', { group: 'kind', value: '<b>paused</b>' });
    expect(html).toContain('&lt;b&gt;paused&lt;/b&gt;');
    expect(html).toContain('badge--unknown');
    expect(render('shared/_badge', { group: 'kind', value: 'constructor' })).toContain('badge--unknown');
  });
});

describe('a form field', () => {
  it('never writes a password back', () => {
    const html = render('shared/_field', {
      name: 'client_secret',
      label: 'Secret',
      type: 'password',
      value: 'hunter2',
    });
    expect(html).not.toContain('hunter2');
  });

  it('ties its hint and its error to the input', () => {
    const html = render('shared/_field', {
      name: 'email',
      label: 'E-mail',
      value: 'x',
      hint: 'Yours',
      error: 'Not an address.',
    });
    expect(html).toContain('aria-describedby="field-email-hint field-email-error"');
    expect(html).toContain('aria-invalid="true"');
    expect(html).toMatch(/id="field-email-error">.*Not an address\./);
  });

  it('keeps what was typed, as text', () => {
    expect(render('shared/_field', { name: 'n', label: 'N', value: '"><script>' })).toContain(
      'value="&#34;&gt;&lt;script&gt;"',
    );
    expect(render('shared/_field', { name: 'n', label: 'N', type: 'number', value: 0 })).toContain('value="0"');
    // HTML drops the first line break of a textarea.
    expect(render('shared/_field', { name: 'n', label: 'N', type: 'textarea', value: '\nsecond' })).toContain(
      '>\n\nsecond</textarea>',
    );
  });

  it('selects the option that was chosen', () => {
    const options = [
      { value: 1, label: 'One' },
      { value: 2, label: 'Two' },
    ];
    expect(render('shared/_field', { name: 'n', label: 'N', type: 'select', value: '2', options })).toContain(
      '<option value="2" selected>',
    );
  });
});

describe('a mirrored attribute', () => {
  const value = (raw: unknown) => render('shared/_definition', { label: 'L', field: 'f', value: raw, shown: null });

  it('carries text plain, null as nothing and everything else as JSON', () => {
    expect(value('active_patron')).toContain('data-field="f" data-value="active_patron"');
    expect(value(null)).toContain('data-value=""');
    expect(value(0)).toContain('data-value="0"');
    expect(value(false)).toContain('data-value="false"');
    expect(value(['1', '2'])).toContain('data-value="[&#34;1&#34;,&#34;2&#34;]"');
  });
});

describe('the pages of a list', () => {
  const page = (locals: Record<string, unknown>) =>
    render('shared/_pagination', { shown: 50, previous: null, next: null, ...locals });

  it('links to the neighbours that exist, with rel', () => {
    const html = page({ next: '?after=a&q=b', total: { count: 2512, capped: false } });
    expect(html).toContain('rel="next" href="?after=a&amp;q=b"');
    expect(html).not.toContain('rel="prev"');
    expect(html).toMatch(/data-total="2512"[^>]*>50 of 2,512</);
  });

  it('says so when the count is capped', () => {
    expect(page({ total: { count: 10000, capped: true } })).toContain('50 of 10,000+');
  });

  it('asks htmx for the fragment only where a target is named', () => {
    const total = { count: 1, capped: false };
    expect(page({ next: '?after=a', total })).not.toContain('hx-get');
    expect(page({ next: '?after=a', total, target: '#members-table' })).toContain('hx-target="#members-table"');
  });
});

describe('a column head', () => {
  it.each([
    ['amount', 'ascending'],
    ['-amount', 'descending'],
    ['name', 'none'],
  ])('sorted by %s says %s', (current, direction) => {
    const html = render('shared/_sort-header', { key: 'amount', label: 'Amount', href: '?sort=amount', current });
    expect(html).toContain(`aria-sort="${direction}"`);
  });
});

describe('an avatar', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['  ', '?'],
    [null, '?'],
    ['🎈 zoë de Wit', 'ZW'],
  ])('of %p shows %p', (name, initials) => {
    expect(render('shared/_avatar', { name })).toContain(`>${initials}</span>`);
  });

  it('keeps its colour', () => {
    expect(render('shared/_avatar', { name: 'Ada' })).toBe(render('shared/_avatar', { name: 'Ada' }));
  });
});

describe('the layout of a signed-in person', () => {
  const staff = { id: 1, name: 'Ada <b>', email: 'ada@example.org', role: 'editor' };
  const page = (locals: Record<string, unknown>) =>
    render('layouts/app', { body: '<h1>Hi</h1>', staff, section: 'members', path: '/patreon/members/', ...locals });

  it('marks the section, escapes the name and prints the body as it is', () => {
    const html = page({});
    expect(html).toMatch(/href="\/patreon\/members\/" aria-current="page"/);
    expect(html.match(/aria-current="page"/g)).toHaveLength(1);
    expect(html).toContain('Ada &lt;b&gt;');
    expect(html).toContain('<h1>Hi</h1>');
  });

  it('shows the administration only to those who may', () => {
    expect(page({})).toContain('/admin/patreon/patreoncredential/');
    expect(page({ can: () => false })).not.toContain('/admin/');
  });

  it('names every problem with the way to its end', () => {
    const html = page({ problems: [{ code: 'sync_stale', message: 'Old <data>.', fix_url: '/patreon/sync/' }] });
    expect(html).toContain('data-problem="sync_stale"');
    expect(html).toContain('Old &lt;data&gt;.');
    expect(html).toContain('<a href="/patreon/sync/">');
  });
});

describe('error pages', () => {
  const noSession = { can: undefined, csrfToken: undefined, fmt: undefined, staff: null };

  it.each([['403'], ['404'], ['500'], ['503'], ['error']])('%s renders without session and database', (name) => {
    const body = render(`errors/${name}`, { ...noSession, status: 418, requestId: 'r-1' });
    const html = render('layouts/plain', { ...noSession, body });
    expect(html).toContain('Request r-1');
    expect(html).not.toContain('errors.');
  });

  it('says what is known of this very case, escaped', () => {
    const html = render('errors/error', { status: 409, message: 'Run <12> goes on.', error: { code: 'run_running' } });
    expect(html).toContain('Run &lt;12&gt; goes on.');
  });

  it('keeps an unexpected error to itself and speaks the language of the reader', () => {
    const html = render(
      'errors/500',
      { status: 500, message: 'Something went wrong on our side.', error: { code: 'internal' } },
      'fr',
    );
    expect(html).toContain('consignée');
    expect(html).not.toContain('Something');
  });
});

describe('templates', () => {
  const sources = templates('views').map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);

  it('hold nothing that the Content-Security-Policy refuses', () => {
    const refused = sources.filter(([, text]) =>
      /\sstyle=|<style|\son[a-z]+=["']|hx-on|hx-vals=["']js:|<script(?![^>]*\ssrc=)/i.test(text),
    );
    expect(refused.map(([file]) => file)).toEqual([]);
  });

  it('name only shared texts that exist', () => {
    const t = catalogue.translator('en');
    const keys = sources.flatMap(([, text]) =>
      [...text.matchAll(/'shared:([a-zA-Z0-9_.]+)'/g)].map(([, key]) => key ?? ''),
    );
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => [key, `shared:${key}`].includes(t(`shared:${key}`)))).toEqual([]);
  });

  it('name only icons that are drawn', () => {
    const sprite = readFileSync(join(root, 'public/icons.svg'), 'utf8');
    const drawn = new Set([...sprite.matchAll(/<symbol id="([a-z-]+)"/g)].map(([, id]) => id));
    const named = sources.flatMap(([file, text]) =>
      [...text.matchAll(/_icon',\s*\{\s*name:\s*'([a-z-]+)'|\bicon: '([a-z-]+)'/g)].map(
        (match) => [file, match[1] ?? match[2]] as const,
      ),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(([, name]) => !drawn.has(name ?? ''))).toEqual([]);
  });
});
