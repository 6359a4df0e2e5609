import { failureSentence, tellFailure, tellReason } from '../../src/apps/sync/failure-telling';
import { failureTexts } from '../../src/apps/sync/failure-texts';
import { describeFailure, describeLack } from '../../src/apps/sync/failure-words';
import { catalogue } from '../../src/messages';

const en = catalogue.translator('en');
const fr = catalogue.translator('fr');

describe('what went wrong with a run', () => {
  it.each(Object.keys(failureTexts.en) as (keyof typeof failureTexts.en)[])(
    'is told in English as it is kept, and in French throughout: %s',
    (failure) => {
      const names = [...failureTexts.en[failure].matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name);
      const vars = Object.fromEntries(names.map((name, index) => [name, `value-${index}`]));
      const kept = failureSentence(failure, vars);
      expect(tellFailure(kept, en)).toBe(kept);
      expect(tellFailure(kept, fr)).toBe(fr(`sync:failure.${failure}`, vars));
      expect(tellFailure(kept, fr)).not.toBe(kept);
    },
  );

  it('is told sentence by sentence, with what stands behind them', () => {
    const lacks = describeLack({ shortfall: { total: 41, seen: 39 }, omitted: ['pledge_history'], unconfirmed: 2 });
    const told = tellFailure(lacks as string, fr);
    expect(told).toMatch(/^Patreon en compte 41 mais en a énuméré 39\u202f; .* 2 manquent .* ont été lus sans eux\.$/);
    const broken = describeFailure(Object.assign(new Error('insert into …'), { code: '23503' }));
    expect(tellFailure(broken, fr)).toMatch(/^La base de données .*\(23503\)/);
    expect(tellFailure('Patreon could not answer. The next run tries again. (unavailable 503, members)', fr)).toBe(
      'Patreon n’a pas pu répondre. La prochaine synchronisation réessaie. (unavailable 503, members)',
    );
  });

  it('stays as it is when nobody knows the sentence', () => {
    for (const kept of ['Something else', 'The read failed', '', 'Patreon counts on you.'])
      expect(tellFailure(kept, fr)).toBe(kept);
  });
});

describe('why a record was set aside', () => {
  const kept =
    'member: attributes.email: Invalid input: expected string, received number; attributes.note: Unrecognized thing';

  it('is told in English as it is kept', () => {
    expect(tellReason(kept, en)).toBe(kept);
    expect(tellReason('no shape at all', en)).toBe('no shape at all');
  });

  it('is told in French as far as it is known', () => {
    expect(tellReason(kept, fr)).toBe(
      'member\u202f: attributes.email\u202f: texte attendu, nombre reçu\u202f; attributes.note\u202f: Unrecognized thing',
    );
    expect(tellReason('post: id: expected text of 1 to 200 printable characters', fr)).toBe(
      'post\u202f: id\u202f: texte de 1 à 200 caractères imprimables attendu',
    );
  });
});
