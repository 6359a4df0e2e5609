const LENGTH = 100_000;

const fill = (part: string, length = LENGTH) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
const nested = (open: string, close: string) =>
  `${open.repeat(LENGTH / 2 / open.length)}a${close.repeat(LENGTH / 2 / close.length)}`;
const lines = (count: number, line: (place: number) => string) =>
  Array.from({ length: count }, (_, place) => line(place)).join('\n');

/** The classic ways to keep a reader of Markdown busy, 100,000 characters of each. */
export const HOSTILE_MARKDOWN: Record<string, string> = {
  'open brackets': fill('['),
  'open pictures': fill('!['),
  'nested brackets': nested('[', ']'),
  'nested links': nested('[', '](u)'),
  'nested pictures': nested('![', '](/u)'),
  'links that never end': fill('[a](<b'),
  'titles that never end': fill('[a](b "'),
  'parentheses in an address': `[a](${fill('(', LENGTH - 4)}`,
  'a label without an end': `[${fill('\\]', LENGTH - 1)}`,
  'emphasis that opens': fill('*a '),
  'emphasis inside of emphasis': nested('*a **a ', 'b** b*'),
  'emphasis in turns': fill('*_'),
  'a run of stars': fill('*'),
  'stars in threes': fill('***a '),
  'strikes that open': fill('~~a '),
  'code that never ends': lines(440, (place) => `e${'`'.repeat(place)}`),
  'fences that open': fill('~~~ a\n'),
  'quotes in quotes': fill('>'),
  'lists in lists': fill('- '),
  'lists in lists on every line': fill('- - - - - - - - - - a\n'),
  'lists that go deeper': lines(440, (place) => `${' '.repeat(place)}* a`),
  'quotes that go on lazily': `${'> '.repeat(40)}a\n${fill('b\n', LENGTH - 100)}`,
  'empty items': fill('*\n'),
  headings: fill('# a\n'),
  'underlines of headings': fill('a\n-\n'),
  'lines, all of one paragraph': fill('a\n'),
  'hard breaks': fill('a\\\n'),
  'a table of one row': fill('|a'),
  'a table of 300 columns': `${'a|'.repeat(300)}\n${'-|'.repeat(300)}\n${fill('a\n', LENGTH - 1_300)}`,
  'definitions of addresses': lines(8_000, (place) => `[${place}]: /u`),
  'one long address, named often': `[a]: https://e.com/${'x'.repeat(20_000)}\n\n${fill('[a] ', 79_000)}`,
  'one long title, named often': `[a]: /u "${'x'.repeat(50_000)}"\n\n${fill('[a]', 49_000)}`,
  'one long address, pictured often': `[a]: https://e.com/${'x'.repeat(20_000)}\n\n${fill('![a] ', 79_000)}`,
  'addresses in the text': fill('https://a.b '),
  'addresses with names': fill('https://a@'),
  'an address of brackets': `https://a.b/${fill('[{(<', LENGTH - 12)}`,
  'mail addresses': fill('a@b.c '),
  'addresses in angles': fill('<https:'),
  entities: fill('&#'),
  backslashes: fill('\\'),
  'open tags': fill('<a '),
  'open comments': fill('<!--'),
  'quotation marks': fill('"\''),
  'empty characters': fill('\0'),
  'halves of characters': fill('\ud800'),
  spaces: `a${' '.repeat(LENGTH - 2)}b`,
};

/** As much of each as is just not refused for its marks, lines or addresses. */
export function nearlyRefused(text: string, isRefused: (text: string) => boolean): string {
  if (!isRefused(text)) return text;
  let [taken, refused] = [0, text.length];
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2);
    if (isRefused(text.slice(0, middle))) refused = middle;
    else taken = middle;
  }
  return text.slice(0, taken);
}
