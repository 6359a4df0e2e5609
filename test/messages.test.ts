import { basename } from 'node:path';
import type { Messages, MessageTree } from '../src/i18n';
import { projectPath } from '../src/lib/project-path';
import { sourceFiles } from './support/source-files';

const LOCALES = ['en', 'fr'] as const;
const PLURALS = ['one', 'two', 'few', 'many', 'other'];

/** `campaign-settings.messages.ts` holds the texts of `campaignSettings`. */
const namespaceOf = (path: string) =>
  basename(path, '.messages.ts').replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());

/** Texts by `namespace:key` and language, read from the files that hold them. */
function readTexts(): Record<(typeof LOCALES)[number], Map<string, string>> {
  const texts = { en: new Map<string, string>(), fr: new Map<string, string>() };
  const add = (into: Map<string, string>, key: string, value: string | MessageTree): void => {
    if (typeof value === 'string') into.set(key, value);
    else
      for (const [name, inner] of Object.entries(value))
        add(into, `${key}${key.endsWith(':') ? '' : '.'}${name}`, inner);
  };
  for (const { path } of sourceFiles('src', '.messages.ts')) {
    const [messages] = Object.values(require(projectPath(path))) as Messages[];
    for (const locale of LOCALES) add(texts[locale], `${namespaceOf(path)}:`, messages?.[locale] ?? {});
  }
  return texts;
}

const texts = readTexts();
const namespaces = new Set([...texts.en.keys()].map((key) => key.split(':')[0] as string));
const code = [
  ...sourceFiles('views', '.ejs'),
  ...sourceFiles('src', '.ts').filter(({ path }) => !path.endsWith('.messages.ts')),
];

const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\//g, '');

interface Mention {
  path: string;
  /** A whole key, or what stands before the first part that is known only when the page is made. */
  key: string;
  isWhole: boolean;
}

/** A command of the command line, not a text. */
const COMMAND = 'sync:patreon';

/** Everything in quotes that looks like a key of the catalogue. */
const mentions: Mention[] = code.flatMap(({ path, text }) =>
  [...withoutComments(text).matchAll(/(['"`])([a-z][A-Za-z]*):([A-Za-z][\w.]*)?(\1|\$\{)/g)]
    .filter(([, , namespace = '']) => namespaces.has(namespace))
    .map(([, , namespace, key = '', end]) => ({ path, key: `${namespace}:${key}`, isWhole: end !== '${' }))
    .filter(({ key }) => key !== COMMAND),
);

const isPluralOf = (key: string, known: string) =>
  known.startsWith(`${key}_`) && PLURALS.includes(known.slice(key.length + 1));

/** Whether the catalogue has this text, or texts below it. */
const isKnown = (known: Map<string, string>, { key, isWhole }: Mention): boolean =>
  known.has(key) ||
  [...known.keys()].some((other) => isPluralOf(key, other) || other.startsWith(isWhole ? `${key}.` : key));

describe('the message catalogue', () => {
  it.each(LOCALES)('has every text that views and sources name, in %s', (locale) => {
    const unknown = mentions.filter((mention) => !isKnown(texts[locale], mention));
    expect(mentions.length).toBeGreaterThan(300);
    expect(unknown.map(({ path, key }) => `${path}: ${key}`)).toEqual([]);
  });

  it('says the same things in both languages, apart from how many there are', () => {
    const stems = (locale: (typeof LOCALES)[number]) =>
      new Set([...texts[locale].keys()].map((key) => key.replace(new RegExp(`_(${PLURALS.join('|')})$`), '')));
    expect([...stems('fr')].sort()).toEqual([...stems('en')].sort());
  });

  it('names the same variables in both languages', () => {
    const variables = (text = '') => [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name))].sort();
    const different = [...texts.en].filter(([key, text]) => {
      const french = texts.fr.get(key);
      return french !== undefined && variables(text).join() !== variables(french).join();
    });
    expect(different.map(([key]) => key)).toEqual([]);
  });

  it.each(LOCALES)('leaves no text empty in %s', (locale) => {
    expect([...texts[locale]].filter(([, text]) => text.trim() === '').map(([key]) => key)).toEqual([]);
  });

  it('sets French as the French do: a narrow space that does not break before : ; ! ? and inside « »', () => {
    // Addresses, and what is printed as code, keep their signs.
    const prose = (text: string) => text.replaceAll(/\bAccept: \S+|\bhttps?:\/\/\S*|`[^`]*`/g, '');
    const isOdd = (text: string) =>
      /[^\s\u202f][:;!?](?!\S)/.test(text) ||
      /[ \u00a0][:;!?»]|«[^\u202f]|[^\u202f]»/.test(text) ||
      /\p{L}'\p{L}/u.test(text);
    expect([...texts.fr].filter(([, text]) => isOdd(prose(text))).map(([key, text]) => `${key}: ${text}`)).toEqual([]);
  });

  it('holds no text that nothing asks for', () => {
    const isNamed = (key: string) =>
      mentions.some(
        (mention) =>
          key === mention.key ||
          isPluralOf(mention.key, key) ||
          key.startsWith(mention.isWhole ? `${mention.key}.` : mention.key),
      );
    expect([...texts.en.keys()].filter((key) => !isNamed(key))).toEqual([]);
  });
});
