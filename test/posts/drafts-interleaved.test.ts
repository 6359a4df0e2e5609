import fc from 'fast-check';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { readPage } from '../support/page';

const RUNS = 50;
const TIMEOUT_MS = 180_000;
const FIELDS = ['content', 'notes'] as const;
type Field = (typeof FIELDS)[number];

/** What somebody does with the draft that they have open. */
type Step =
  | { does: 'type'; who: 0 | 1; field: Field }
  | { does: 'autosave' | 'save' | 'reload'; who: 0 | 1 }
  | { does: 'save at once' };

const who = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant('type' as const), who, field: fc.constantFrom(...FIELDS) }) },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constantFrom('autosave' as const, 'save' as const, 'reload' as const), who }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('save at once' as const) }) },
);

/** A browser with the form of one draft open, which does what the script of the page does. */
class Editor {
  private values: Record<string, string> = {};
  private token = '';

  constructor(
    private readonly visitor: SignedInVisitor,
    private readonly draft: number,
  ) {}

  async open(): Promise<void> {
    const { _csrf, ...values } = readPage((await this.visitor.get(this.address('edit')).expect(200)).text).values();
    this.token = _csrf ?? '';
    this.values = values;
  }

  type(field: Field, word: string): void {
    this.values[field] = `${this.values[field] ?? ''} ${word}`;
  }

  /** What is typed meanwhile goes on over the version that was saved; a conflict leaves everything as it is. */
  async autosave(): Promise<void> {
    const answer = await this.send('autosave', this.values);
    if (answer.status === 200) this.values.version = String(answer.body.version);
    else expect(answer.status).toBe(409);
  }

  /** Saves by hand, and decides for both texts as often as it is asked. */
  async save(): Promise<void> {
    let answer = await this.send('edit', this.values);
    while (answer.status === 409) {
      const { _csrf, ...asked } = readPage(answer.text).values();
      answer = await this.send('edit', { ...asked, choice_content: 'both', choice_notes: 'both' });
    }
    expect(answer.status).toBe(303);
    await this.open();
  }

  /** Sends what is there before it goes, as pages do that are left. */
  async reload(): Promise<void> {
    await this.autosave();
    await this.open();
  }

  private address = (action: string) => `/patreon/posts/${this.draft}/${action}/`;

  private send(action: string, fields: Record<string, string>) {
    const body = new URLSearchParams({ ...fields, _csrf: this.token }).toString();
    return this.visitor.agent.post(this.address(action)).type('form').send(body);
  }
}

describe('two browsers that edit one draft', () => {
  let app: TestApp;
  let people: [SignedInVisitor, SignedInVisitor];
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    people = [await app.signInAs('editor'), await app.signInAs('editor')];
    campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop' });
  });
  afterAll(() => app.close());

  async function begin(): Promise<number> {
    const answer = await people[0].postForm(`/patreon/campaigns/${campaign}/create-post/`, { title: 'Shared' });
    return Number(/\/posts\/(\d+)\//.exec(String(answer.headers.location))?.[1]);
  }

  async function take(steps: readonly Step[], draft: number): Promise<string[]> {
    const editors = [new Editor(people[0], draft), new Editor(people[1], draft)] as const;
    for (const editor of editors) await editor.open();
    const words: string[] = [];
    for (const step of steps) {
      if (step.does === 'save at once') await Promise.all(editors.map((editor) => editor.save()));
      else if (step.does === 'type') {
        words.push(`word${words.length}`);
        editors[step.who].type(step.field, words.at(-1) as string);
      } else await editors[step.who][step.does]();
    }
    for (const editor of editors) await editor.save();
    return words;
  }

  const wordsIn = (texts: { content: string; notes: string }[]) =>
    new Set(texts.flatMap(({ content, notes }) => `${content} ${notes}`.split(/\s+/)));

  it(
    'lose no word in any order of typing, saving and loading',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          const draft = await begin();
          const words = await take(steps, draft);
          const { knex } = app.context;
          const present = wordsIn(await knex('post_drafts').where({ id: draft }).select('content', 'notes'));
          const kept = wordsIn(await knex('post_draft_versions').where({ draft_id: draft }).select('content', 'notes'));
          expect(words.filter((word) => !present.has(word) && !kept.has(word))).toEqual([]);
          // Whoever goes on writing, and never loads the page over a conflict, finds all of it in the text.
          if (steps.every(({ does }) => does !== 'reload'))
            expect(words.filter((word) => !present.has(word))).toEqual([]);
        }),
        { numRuns: RUNS },
      ),
    TIMEOUT_MS,
  );
});
