import { layOutMarkdown } from '../lib/markdown';
import type { Bench } from './bench';
import { withBenchContext } from './bench-context';
import { openPanel, timeRounds } from './bench-panel';
import { HOSTILE_MARKDOWN, nearlyRefused } from './hostile-markdown';
import { panelConfig } from './members';
import { printTable } from './print-table';

const WORDS = 5_000;
const HOSTILE_ROUNDS = 7;
const PICTURE = { picture: 'Picture' };

/** A post as people write them: headings, paragraphs, lists, links, quotes, pictures. */
function longPost(words: number): string {
  const parts = [
    '## What happened this week\n',
    'We went down to the **harbour** at dawn and drew the boats, one after the other, until the _light_ was gone.\n',
    'More of it is on [the page of the museum](https://example.com/harbour/boats), which opens again in spring.\n',
    '- ink and paper\n- a folding chair\n- bread, cheese and `one` thermos flask\n',
    '> Nobody asked what we were doing there, which is the best thing about mornings.\n',
    '![Boats in the fog](/patreon/posts/pictures/1/)\n',
  ];
  const wordsOf = (text: string) => text.split(/\s+/).length;
  let text = '';
  for (let place = 0; wordsOf(text) < words; place += 1) text += `${parts[place % parts.length]}\n`;
  return text;
}

/** How soon a preview of a long post answers, and what the worst that fits into a post costs. */
export async function benchPreview({ databaseUrl, print }: Bench): Promise<void> {
  await withBenchContext(panelConfig(databaseUrl), async (context) => {
    const panel = await openPanel(context);
    const fields = { title: 'The harbour', content: longPost(WORDS) };
    const timing = await timeRounds(async () => {
      const { status } = await panel.post('/patreon/posts/preview/', fields);
      if (status !== 200) throw new Error(`The preview answered ${status}`);
    }, 100).finally(() => panel.close());
    const head = ['preview', 'characters', 'fastest ms', 'p50 ms', 'p95 ms'];
    const cells = [timing.fastestMs, timing.p50Ms, timing.p95Ms].map((taken) => taken.toFixed(1));
    printTable(head, [[`${WORDS.toLocaleString('en')} words`, String(fields.content.length), ...cells]], print);
  });
  print('');
  await printHostile(print);
}

async function printHostile(print: Bench['print']): Promise<void> {
  const isRefused = (text: string) => layOutMarkdown(text, PICTURE).limit !== null;
  const rows: { cells: string[]; slowest: number }[] = [];
  for (const [name, text] of Object.entries(HOSTILE_MARKDOWN)) {
    const whole = await timeRounds(async () => layOutMarkdown(text, PICTURE), HOSTILE_ROUNDS);
    const { limit } = layOutMarkdown(text, PICTURE);
    const part = nearlyRefused(text, isRefused);
    const near = limit ? await timeRounds(async () => layOutMarkdown(part, PICTURE), HOSTILE_ROUNDS) : whole;
    const slowest = Math.max(whole.p50Ms, near.p50Ms);
    const times = [whole.p50Ms, near.fastestMs, near.p50Ms].map((taken) => taken.toFixed(1));
    rows.push({ cells: [name, limit ?? 'laid out', ...times], slowest });
  }
  rows.sort((one, other) => other.slowest - one.slowest);
  const head = ['hostile, 100,000 characters', 'answer', 'p50 ms', 'most that is laid out: fastest ms', 'p50 ms'];
  printTable(
    head,
    rows.map(({ cells }) => cells),
    print,
  );
}
