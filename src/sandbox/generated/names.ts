import type { Random } from './random';

export interface PersonName {
  first: string;
  last: string;
  full: string;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const FIRST_NAMES = words(`
  Ada Alder Anouk Asha Basil Beatriz Bram Calla Casimir Chidi Cleo Dagny Darius Dela Edmund Elif Emeka Enzo Esme Farid
  Fenna Flora Gideon Greta Hana Hugo Ilse Imani Ines Isandro Jasper Jun Kaya Kofi Lars Leila Linnea Lior Mabel Malik
  Marisol Mateus Mina Nadia Niko Noor Odette Olu Orla Otto Pilar Priya Quentin Ravi Renske Rosa Samir Saoirse Selma
  Soren Tariq Tessa Thandi Tomas Uma Viggo Willa Xenia Yara Yusuf Zelda Zora`);

const LAST_NAMES = words(`
  Abernathy Adeyemi Alcott Amari Ashdown Bexley Blackwood Brandt Carrow Castellan Colborne Corvin Dalgaard Delacroix
  Drummond Eastwick Ekholm Fairweather Fenwick Ferreira Galloway Greaves Hallow Hargreave Hollis Ibarra Ingram Jansma
  Kessler Kimura Lachance Larkspur Lindqvist Lockhart Marchetti Marlowe Mbeki Merriweather Montrose Nakagawa Nightingale
  Oduya Okafor Oyelaran Pemberton Penhallow Quigley Rademaker Rasmussen Redfern Saltmarsh Santangelo Sato Silverthorn
  Sorensen Thackeray Thornbury Underhill Valcourt Vandermeer Wainwright Whitlock Winterbourne Yarrow Zielinski`);

const ACCENTED = [
  'Zoë Brontëová',
  'Łucja Żółkiewska',
  'Søren Åkesson',
  'Renée Château-Lévêque',
  'Ñusta Ibáñez',
  'Dvořák Jiří',
  '佐藤 ひなた',
  '김하늘',
  'Ольга Светлова',
];

const RIGHT_TO_LEFT = ['نورا الهاشمي', 'יעל ברקאי', 'سامر خليل', 'פרי לוינסון'];

const WITH_EMOJI = ['Mika 🦊', '✨ Juniper ✨', 'Team 👩‍🚀👨‍🎨', 'Tofu 🍜🇯🇵'];

/** Text that a spreadsheet would run, a page would render or a query would trip over if it were not escaped. */
const TROUBLESOME = [
  '=SUM(A1:A9)',
  '+49 Fanclub',
  '-Minus Seven',
  '@everyone',
  '<b>Bold</b> & Co',
  'O’Neil "Ace" O\'Hara',
  "Robert'); --",
  '  Spaced   Out  ',
  '100% _Wild_card\\',
];

const LONG =
  'Wilhelmina Theodora Cassiopeia Evangeline Montgomery-Featherstonehaugh von und zu Winterbourne-Silverthorn the ' +
  'Third of Lower Saltmarsh upon Tidewater, Keeper of the Unreasonably Long Name';

/** One in twelve people has a name that lists and exports tend to get wrong; positions make sure each kind occurs. */
function unusualName(kind: number, random: Random): string | undefined {
  if (kind === 0) return LONG;
  if (kind <= 2) return random.pick(RIGHT_TO_LEFT);
  if (kind <= 4) return random.pick(WITH_EMOJI);
  if (kind === 5) return random.pick(TROUBLESOME);
  if (kind <= 8) return random.pick(ACCENTED);
  return kind === 9 ? random.pick(FIRST_NAMES) : undefined;
}

/** `kind` from 0 to 119; see `unusualName`. */
export function personName(kind: number, random: Random): PersonName {
  const unusual = unusualName(kind, random);
  if (unusual === undefined) {
    const first = random.pick(FIRST_NAMES);
    const last = random.pick(LAST_NAMES);
    return { first, last, full: `${first} ${last}` };
  }
  const [first = unusual, ...rest] = unusual.split(' ');
  return { first, last: rest.join(' '), full: unusual };
}

/** An address on example.com, unlike any other with the same number. */
export function emailFor(name: PersonName, number: number): string {
  const local = [name.first, name.last]
    .map((part) => part.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
    .filter((part) => part !== '')
    .join('.');
  return `${local.slice(0, 40) || 'patron'}.${number}@example.com`;
}
