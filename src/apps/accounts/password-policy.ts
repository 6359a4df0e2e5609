export const PASSWORD_LENGTH = { min: 12, max: 128 };

/** Stems of the passwords that are guessed first; most are shorter than ours may be and come back lengthened. */
const COMMON = (
  '123456 1234567890 0987654321 qwerty qwertyuiop azerty azertyuiop asdfghjkl zxcvbnm 1q2w3e4r 1qaz2wsx abc abcdef abcdefghijkl ' +
  'password passw0rd p4ssw0rd motdepasse passwort contrasena secret changeme letmein welcome bienvenue bonjour hello iloveyou ' +
  'jetaime sunshine princess football baseball superman batman dragon monkey shadow master trustno1 starwars whatever ' +
  'administrator administrateur admin root user owner guest test demo default login office computer internet google ' +
  'facebook summer winter spring autumn correcthorsebatterystaple'
).split(' ');

const CONTEXT = ['patrondesk', 'patreon', 'patron', 'creator', 'membership'];
/** So many letters must be left when the known words are taken out. */
const OWN_LETTERS = 6;

export type PasswordProblem = 'passwordShort' | 'passwordLong' | 'passwordCommon';

/**
 * What is wrong with a new password, or null. Length decides; beyond it only what is guessed first is refused: common
 * passwords, the product's and the person's own words, and a few characters over and over.
 */
export function passwordProblem(password: string, about: { email: string; name: string }): PasswordProblem | null {
  const length = [...password].length;
  if (length < PASSWORD_LENGTH.min) return 'passwordShort';
  if (length > PASSWORD_LENGTH.max) return 'passwordLong';
  return isGuessedFirst(password.toLowerCase(), about) ? 'passwordCommon' : null;
}

function isGuessedFirst(password: string, { email, name }: { email: string; name: string }): boolean {
  if (new Set(password).size < 5 || isSequence(password)) return true;
  const personal = [...email.toLowerCase().split(/[^\p{L}\p{N}]+/u), ...name.toLowerCase().split(/\s+/)];
  const known = [...COMMON, ...CONTEXT, ...personal.filter((word) => word.length > 3)];
  const longestFirst = known.toSorted((a, b) => b.length - a.length);
  let own = password;
  for (const word of longestFirst) own = own.replaceAll(word, '');
  // A long phrase may well contain such a word; it is refused when little else is left.
  return own !== password && own.replace(/[\d\W_]+/gu, '').length < OWN_LETTERS;
}

/** Each character follows or precedes the one before it: `abcdefghijkl`, `987654321098`. */
function isSequence(password: string): boolean {
  const codes = [...password].map((letter) => letter.codePointAt(0) ?? 0);
  const steps = codes.slice(1).filter((code, index) => Math.abs(code - (codes[index] as number)) === 1);
  return steps.length >= codes.length * 0.8;
}
