import fc from 'fast-check';
import { DocumentReader } from '../../src/patreon/document';
import { type OutlinedResource, outlineOf } from '../../src/patreon/document-outline';
import { RecordDigests } from '../../src/patreon/record-digest';
import { SentResources } from '../../src/patreon/sent-resources';

const bytesOf = (text: string) => Buffer.from(text, 'utf8');

/** What is hard on who looks for quotes and brackets only. */
const awkward = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  '}',
  ']',
  '{"data":[',
  '","included":[{',
  '\\u0022',
  '\u2028',
  '😀',
  '\ud83d',
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  awkward,
  fc.array(awkward).map((parts) => parts.join('')),
);
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('data', 'included', 'meta', 'id')), tie('value'), { maxKeys: 4 }),
  ),
})).value;

const space = fc.constantFrom('', ' ', '\n', '\t ', '\r\n  ');

/** Text as a careful, a careless or a spiteful server would write it: any sign may be escaped, in either case. */
function textWritten(value: string, escapes: () => number): string {
  const unit = (sign: string) => {
    const code = sign.charCodeAt(0);
    const hex = code.toString(16).padStart(4, '0');
    const [plain] = JSON.stringify(sign)
      .slice(1, -1)
      .match(/^[\s\S]*$/) ?? [sign];
    const choices = [plain, plain, plain, `\\u${hex}`, `\\u${hex.toUpperCase()}`, sign === '/' ? '\\/' : plain];
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    return isHalf ? `\\u${hex}` : (choices[escapes() % choices.length] as string);
  };
  return `"${value.split('').map(unit).join('')}"`;
}

interface Hand {
  space(): string;
  escapes(): number;
}

function written(value: unknown, hand: Hand): string {
  if (typeof value === 'string') return textWritten(value, hand.escapes);
  if (Array.isArray(value)) return `[${hand.space()}${value.map((v) => written(v, hand)).join(`,${hand.space()}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([name, v]) => `${textWritten(name, hand.escapes)}${hand.space()}:${hand.space()}${written(v, hand)}`,
  );
  return `{${entries.join(`${hand.space()},`)}${hand.space()}}`;
}

const hand: fc.Arbitrary<Hand> = fc
  .record({ spaces: fc.array(space, { minLength: 1 }), escapes: fc.array(fc.nat(5), { minLength: 1 }) })
  .map(({ spaces, escapes }) => {
    const turn = <T>(of: T[]) => {
      let at = 0;
      return () => of[at++ % of.length] as T;
    };
    return { space: turn(spaces), escapes: turn(escapes) };
  });

interface Element {
  value: unknown;
  text: string;
}
const element = fc.tuple(json, hand).map(([value, by]): Element => ({ value, text: written(value, by) }));
const listText = (elements: readonly Element[], gap: string) =>
  `[${gap}${elements.map((e) => e.text).join(`${gap},${gap}`)}${gap}]`;

/** The members of a document in any order, other things among them, each list perhaps more than once. */
const part = fc.oneof(
  fc.tuple(fc.constantFrom('data', 'included'), fc.array(element, { maxLength: 4 })),
  fc.tuple(fc.constantFrom('data', 'included', 'meta', 'links', 'Data', ''), element),
);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a list of resources may hold, and what else may stand in its place. */
const object = fc
  .tuple(fc.dictionary(fc.oneof(text, fc.constantFrom('id', 'type', 'data')), json, { maxKeys: 4 }), hand)
  .map(([value, by]): Element => ({ value, text: written(value, by) }));

describe('the outline of a document', () => {
  const cut = (bytes: Buffer, outlined: readonly OutlinedResource[]) =>
    outlined.map(({ begin, end }) => bytes.subarray(begin, end).toString('utf8'));

  it('says of any document what a parser says of its lists, or nothing', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), space, fc.boolean(), (parts, gap, withMark) => {
        const members = parts.map(
          ([name, value]) => `"${name}"${gap}:${gap}${Array.isArray(value) ? listText(value, gap) : value.text}`,
        );
        const sent = `${gap}{${gap}${members.join(`${gap},${gap}`)}${gap}}${gap}`;
        const bytes = bytesOf(withMark ? `\ufeff${sent}` : sent);
        const parsed = JSON.parse(sent) as Record<string, unknown>;
        const found = outlineOf(bytes);
        if (found === null) return;
        for (const name of ['data', 'included'] as const) {
          const list = Object.hasOwn(parsed, name) && Array.isArray(parsed[name]) ? parsed[name] : [];
          expect(cut(bytes, found[name]).map((t) => JSON.parse(t))).toEqual(list);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has the bytes of every resource, the rest of the document, and what each is called', () => {
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 5 }),
        fc.array(object, { maxLength: 5 }),
        space,
        (data, included, gap) => {
          const sent = `{"data":${listText(data, gap)},"meta":{"data":[{}]},"included":${listText(included, gap)},"a":1}`;
          const bytes = bytesOf(sent);
          const found = outlineOf(bytes);
          if (found === null) throw new Error('There is nothing that only a parser could tell.');
          expect(cut(bytes, found.data)).toEqual(data.map((e) => e.text));
          expect(cut(bytes, found.included)).toEqual(included.map((e) => e.text));
          expect(JSON.parse(found.rest)).toEqual({ data: [], meta: { data: [{}] }, included: [], a: 1 });
          for (const [place, { value }] of data.entries()) {
            const { type, id, isOdd } = found.data[place] as OutlinedResource;
            if (isOdd) continue;
            const named = isObject(value) ? value : {};
            const textOr = (one: unknown) => (typeof one === 'string' ? one : null);
            expect({ type, id }).toEqual({ type: textOr(named.type), id: textOr(named.id) });
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('names every resource that another names, unless it says that it may not', () => {
    fc.assert(
      fc.property(object, ({ value, text: sent }) => {
        const [found] = outlineOf(bytesOf(`{"data":[${sent}]}`))?.data ?? [];
        if (!found || found.isOdd) return;
        const links: string[] = [];
        const walk = (inner: unknown) => {
          if (typeof inner !== 'object' || inner === null) return;
          for (const member of Object.values(inner)) {
            if (isObject(member) && typeof member.type === 'string' && typeof member.id === 'string')
              links.push(`${member.type} ${member.id}`);
            walk(member);
          }
        };
        walk(value);
        const told = found.links.flatMap((type, at) => (at % 2 === 0 ? [`${type} ${found.links[at + 1]}`] : []));
        expect(told.sort()).toEqual(links.sort());
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a name that may hide another list', '{"data":[{}],"d\\u0061ta":[{}]}'],
    ['a list that comes twice', '{"data":[{}],"data":[{}]}'],
    ['a list that something else follows by the same name', '{"data":[{}],"included":[{}],"included":null}'],
    ['an element that is no object', '{"data":[{},1]}'],
    ['an element that is a list', '{"data":[[]]}'],
    ['a text among the elements', '{"data":["{}"]}'],
    ['two elements without a comma', '{"data":[{}{}]}'],
    ['a comma without an element', '{"data":[,{}]}'],
    ['a comma after the last element', '{"data":[{},]}'],
    ['an end that is missing', '{"data":[{"id":"1"}'],
    ['brackets that do not match', '{"data":[{"a":[}]}'],
    ['one resource', '{"data":{"id":"1"}}'],
    ['no document', '[{"data":[]}]'],
    ['nothing', ''],
  ])('is left to a parser: %s', (_what, sent) => {
    expect(outlineOf(bytesOf(sent))).toBeNull();
  });

  it('takes the last of two members with one name, as a parser does', () => {
    const named = (sent: string) => {
      const [found] = outlineOf(bytesOf(`{"data":[${sent}]}`))?.data ?? [];
      return [found?.type, found?.id];
    };
    expect(named('{"id":"1","type":"member","id":"2"}')).toEqual(['member', '2']);
    expect(named('{"id":"1","type":"member","id":3}')).toEqual(['member', null]);
    expect(named('{"type":"member","id":{"id":"1","type":"user"}}')).toEqual(['member', null]);
  });
});

const TYPES = { member: ['note'], user: ['full_name'], 'pledge-event': ['date'] };
const SELECTION = {
  type: 'member',
  include: { campaign: 'campaign', user: 'user', pledge_history: 'pledge-event', currently_entitled_tiers: 'tier' },
  fields: TYPES,
};

/** The digest of each record, in the order of the document. */
function digestsOf(sent: string, version = '1'): (string | null)[] {
  const bytes = bytesOf(sent);
  const outline = outlineOf(bytes);
  if (outline === null) throw new Error('The document has no outline.');
  const data = SentResources.outlined(outline.data, bytes);
  const included = new DocumentReader(SentResources.outlined(outline.included, bytes));
  const digests = new RecordDigests(data, included, { version, selection: SELECTION, dropped: [], bytes });
  return outline.data.map((_, place) => digests.of(place));
}

interface Linked {
  type: string;
  id: string;
  text: string;
}
interface Sent {
  id: string;
  text: string;
  /** What its mapping reads besides. */
  linked: Linked[];
}

const resource = (type: string, id: string, attributes: unknown, by: Hand, more: object = {}) =>
  written({ ...more, id, attributes, type }, by);

const linkedOf = (id: string) =>
  fc.tuple(json, hand, fc.array(fc.tuple(json, hand), { maxLength: 3 })).map(([person, by, events]): Linked[] => [
    { type: 'user', id: `u-${id}`, text: resource('user', `u-${id}`, person, by) },
    ...events.map(([event, byEvent], index): Linked => {
      const eventId = `e-${id}-${index}`;
      return { type: 'pledge-event', id: eventId, text: resource('pledge-event', eventId, event, byEvent) };
    }),
  ]);

const linkage = ({ type, id }: Linked) => ({ type, id });

function record(id: string, attributes: unknown, by: Hand, linked: Linked[]): Sent {
  const [person, ...events] = linked;
  const relationships = {
    user: { data: person ? linkage(person) : null },
    pledge_history: { data: events.map(linkage) },
    currently_entitled_tiers: { data: [{ type: 'tier', id: '1' }] },
  };
  return { id, linked, text: resource('member', id, attributes, by, { relationships }) };
}

const recordOf = (id: string) =>
  fc.tuple(json, hand, linkedOf(id)).map(([attributes, by, linked]) => record(id, attributes, by, linked));
const records = fc
  .integer({ min: 1, max: 4 })
  .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => recordOf(`m-${i}`))));

/** A page of these records; where everything else stands is the server's business. */
const page = (sent: readonly Sent[], others: readonly string[], order: (texts: string[]) => string[], gap: string) => {
  const included = order([...sent.flatMap(({ linked }) => linked.map((l) => l.text)), ...others]);
  const lists = [
    `"data":${gap}[${sent.map((r) => r.text).join(`,${gap}`)}]`,
    `"included":[${included.join(`${gap},`)}]`,
  ];
  return `{${order([...lists, `"meta":{"pagination":{"total":${sent.length}}}`]).join(`,${gap}`)}}`;
};

const shuffle = fc.array(fc.nat(), { minLength: 1 }).map((keys) => (texts: string[]) => {
  const left = [...texts];
  return texts.map((_, index) => left.splice((keys[index % keys.length] as number) % left.length, 1)[0] as string);
});

describe('digests of records', () => {
  const stranger = fc.tuple(json, hand).map(([value, by]) => resource('tier', 't-1', value, by));

  it('are equal where the bytes of the records and of what they refer to are, wherever they stand', () => {
    fc.assert(
      fc.property(records, fc.array(stranger, { maxLength: 3 }), shuffle, space, (sent, others, order, gap) => {
        const before = digestsOf(page(sent, [], (texts) => texts, ''));
        expect(before).toEqual(sent.map(() => expect.stringMatching(/^[0-9a-f]{32}$/)));
        expect(digestsOf(page(sent, others, order, gap))).toEqual(before);
        const reversed = [...sent].reverse();
        expect(digestsOf(page(reversed, others, order, gap))).toEqual([...before].reverse());
      }),
      { numRuns: 200 },
    );
  });

  it('differ where those bytes do, and nowhere else', () => {
    const changed = fc.constantFrom('attributes', 'linked', 'fewer', 'absent');
    fc.assert(
      fc.property(records, changed, json, hand, fc.nat(), (sent, what, value, by, pick) => {
        const at = pick % sent.length;
        const before = sent[at] as Sent;
        const { id, linked } = before;
        const [person] = linked as [Linked];
        const others = {
          attributes: record(id, value, by, linked),
          linked: {
            ...before,
            linked: [{ ...person, text: resource('user', person.id, value, by) }, ...linked.slice(1)],
          },
          fewer: record(id, value, by, linked.slice(0, 1)),
          absent: { ...before, linked: linked.slice(1) },
        } satisfies Record<typeof what, Sent>;
        const after = others[what];
        const isSame = after.text === before.text && JSON.stringify(after.linked) === JSON.stringify(linked);
        const write = (of: Sent[]) => digestsOf(page(of, [], (texts) => texts, ''));
        const [one, two] = [write(sent), write(sent.map((r, index) => (index === at ? after : r)))];
        for (const [index, digest] of two.entries()) {
          if (index === at && !isSame) expect(digest).not.toBe(one[index]);
          else expect(digest).toBe(one[index]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('take the later of two included resources with one id, as the mapping does', () => {
    const member = record('m', {}, { space: () => '', escapes: () => 0 }, [{ type: 'user', id: 'u', text: '' }]);
    const user = (name: string) => `{"type":"user","id":"u","attributes":{"full_name":"${name}"}}`;
    const sent = (included: string) => `{"data":[${member.text}],${included}}`;
    const [usual] = digestsOf(sent(`"included":[${user('B')}]`));
    expect(usual).toEqual(expect.any(String));
    expect(digestsOf(sent(`"included":[${user('A')},${user('B')}]`))).toEqual([usual]);
    expect(digestsOf(sent(`"included":[${user('A')}]`))).not.toEqual([usual]);
  });
});
