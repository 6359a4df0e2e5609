import { DAY, dateTime } from '../clock';
import { type ImageAddresses, PERMANENT } from '../image-addresses';
import type { Attributes, Json } from '../resource';
import { type PersonName, personName } from './names';
import { mix, Random } from './random';

const NETWORKS = [
  'discord',
  'facebook',
  'google',
  'instagram',
  'reddit',
  'spotify',
  'spotify_open_access',
  'tiktok',
  'twitch',
  'twitter',
  'vimeo',
  'youtube',
];

export function socialConnections(discordId: string | null): Json {
  const connections: Record<string, Json> = {};
  for (const network of NETWORKS) connections[network] = null;
  if (discordId !== null) connections.discord = { url: null, user_id: discordId };
  return connections;
}

/** 32 hex digits that follow from the numbers. */
export function hexHash(...numbers: number[]): string {
  const parts = [1, 2, 3, 4].map((part) =>
    mix(part, ...numbers)
      .toString(16)
      .padStart(8, '0'),
  );
  return parts.join('');
}

export interface Person {
  id: string;
  name: PersonName;
  joinedAt: number;
  hasDiscord: boolean;
}

export function userAttributes(person: Person, seed: number, images: ImageAddresses): Attributes {
  const { id, name } = person;
  const random = new Random(seed, Number(id), 3);
  const hasPicture = random.chance(0.4);
  const isCreator = random.chance(0.04);
  const vanity = isCreator ? `maker${id}` : null;
  const picture = (transform: Record<string, number>): string =>
    hasPicture
      ? images.signed({ kind: 'user', id, hash: hexHash(Number(id)), transform, expires: PERMANENT })
      : images.defaultAvatar(id);
  return {
    about: null,
    can_see_nsfw: random.chance(0.3) ? true : random.chance(0.5) ? false : null,
    created: dateTime(Math.floor((person.joinedAt - random.int(0, 2500) * DAY) / 1000) * 1000),
    first_name: name.first,
    full_name: name.full,
    hide_pledges: random.chance(0.2) ? null : random.chance(0.3),
    image_url: picture({ w: 400 }),
    is_creator: isCreator,
    is_email_verified: random.chance(0.9),
    last_name: name.last,
    like_count: random.int(0, 400),
    social_connections: socialConnections(person.hasDiscord ? `2000000000${id.padStart(9, '0')}` : null),
    thumb_url: picture({ h: 100, w: 100 }),
    url: vanity === null ? `https://www.patreon.com/user?u=${id}` : `https://www.patreon.com/${vanity}`,
    vanity,
  };
}

const PLACES: [country: string, city: string, state: string | null, postalCode: string | null][] = [
  ['US', 'Exampleton', 'CA', '00000'],
  ['US', 'Sampleville', 'NY', '00001'],
  ['GB', 'Placeholder-on-Sea', null, 'ZZ1 1ZZ'],
  ['DE', 'Beispielstadt', 'NW', '00000'],
  ['FR', 'Exempleville', null, '00000'],
  ['JP', '見本市', '見本県', '000-0000'],
  ['BR', 'Exemplópolis', 'SP', '00000-000'],
  ['IE', 'Baile Sampla', 'Co. Sampla', null],
  ['CA', 'Échantillon', 'QC', 'A0A 0A0'],
  ['AU', 'Example Bay', 'NSW', '0000'],
];

export function addressAttributes(person: Person, seed: number): Attributes {
  const random = new Random(seed, Number(person.id), 4);
  const [country, city, state, postalCode] = random.pick(PLACES);
  return {
    addressee: person.name.full,
    city,
    country,
    created_at: dateTime(Math.floor((person.joinedAt - 20_000) / 1000) * 1000),
    line_1: `${random.int(1, 250)} Placeholder Lane`,
    line_2: random.chance(0.3) ? `Flat ${random.int(1, 40)}` : random.chance(0.5) ? '' : null,
    phone_number: random.chance(0.3) ? `+00 000 ${random.int(100000, 999999)}` : null,
    postal_code: postalCode,
    state,
  };
}

/** Deals the kinds of names out, so that each occurs once in 120 neighbours. */
export function nameOf(seed: number, index: number, random: Random): PersonName {
  return personName((index * 77 + (seed % 120)) % 120, random);
}
