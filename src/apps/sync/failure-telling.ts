import type { Translate } from '../../i18n';
import { failureTexts, reasonTexts } from './failure-texts';

type Failure = keyof typeof failureTexts.en;

/** The sentence as a run keeps it. */
export function failureSentence(failure: Failure, vars: Record<string, string | number> = {}): string {
  return failureTexts.en[failure].replaceAll(/\{\{(\w+)\}\}/g, (_whole, name: string) => String(vars[name] ?? ''));
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

interface Sentence {
  name: string;
  pattern: RegExp;
}

/** Each sentence as a pattern, its variables as groups. A reason reaches to the end, for it is many words. */
const patternsOf = (texts: Record<string, string>): Sentence[] =>
  Object.entries(texts).map(([name, text]) => {
    const pattern = text
      .split(/\{\{(\w+)\}\}/)
      .map((piece, index) => (index % 2 === 0 ? escaped(piece) : `(?<${piece}>${piece === 'reason' ? '.+' : '\\S+'})`))
      .join('');
    return { name, pattern: new RegExp(`^${pattern}(?: |$)`, 's') };
  });

function firstSentence(text: string, sentences: readonly Sentence[]) {
  for (const { name, pattern } of sentences) {
    const match = pattern.exec(text);
    if (match) return { name, vars: match.groups ?? {}, rest: text.slice(match[0].length) };
  }
  return undefined;
}

const FAILURES = patternsOf(failureTexts.en);

/** What a run keeps of a failure, sentence by sentence in the reader's language; what is no known sentence as it is. */
export function tellFailure(stored: string, t: Translate): string {
  const told: string[] = [];
  let rest = stored;
  for (let found = firstSentence(rest, FAILURES); found; found = firstSentence(rest, FAILURES)) {
    told.push(t(`sync:failure.${found.name}`, found.vars));
    rest = found.rest;
  }
  return [...told, rest].filter((one) => one !== '').join(' ');
}

const { kind: KINDS, ...reasons } = reasonTexts.en;
const REASONS = patternsOf(reasons);

/** Why a record was set aside: `member: attributes.email: …; …`, with what is wrong in the reader's language. */
export function tellReason(stored: string, t: Translate): string {
  const kindWord = (word = '') => (Object.hasOwn(KINDS, word) ? t(`sync:reason.kind.${word}`) : word);
  const problems = stored.split('; ').map((problem) => {
    const [, place = '', what = problem] = /^((?:[\w-]+: )?[\w.-]+): (.+)$/s.exec(problem) ?? [];
    const found = firstSentence(what, REASONS);
    const { expected, received } = found?.vars ?? {};
    const vars = { expected: kindWord(expected), received: kindWord(received) };
    const told = found ? t(`sync:reason.${found.name}`, vars) + found.rest : what;
    return place === '' ? told : place.replace(': ', t('shared:value.colon')) + t('shared:value.colon') + told;
  });
  return problems.join(t('sync:refresh.separator'));
}
