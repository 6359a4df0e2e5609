import i18next, { type i18n } from 'i18next';

export const LOCALES = ['en', 'fr'] as const;
export type Locale = (typeof LOCALES)[number];
export type Translate = (key: string, vars?: Record<string, unknown>) => string;

/** The texts of one app. French must have exactly the keys that English has. */
export interface Messages {
  en: MessageTree;
  fr: MessageTree;
}
export interface MessageTree {
  [key: string]: string | MessageTree;
}

type SameKeys<T> = { [K in keyof T]: T[K] extends string ? string : SameKeys<T[K]> };

export function defineMessages<const T extends MessageTree>(messages: { en: T; fr: SameKeys<T> }): Messages {
  return messages as Messages;
}

/** One catalogue out of the apps' texts; the app's name is the namespace: `t('members:list.title')`. */
export function createCatalogue(namespaces: Record<string, Messages>): { translator(locale: Locale): Translate } {
  const instance: i18n = i18next.createInstance();
  void instance.init({
    initAsync: false,
    fallbackLng: 'en',
    supportedLngs: LOCALES,
    defaultNS: 'shared',
    ns: Object.keys(namespaces),
    resources: {
      en: Object.fromEntries(Object.entries(namespaces).map(([ns, m]) => [ns, m.en])),
      fr: Object.fromEntries(Object.entries(namespaces).map(([ns, m]) => [ns, m.fr])),
    },
    // Templates escape; escaping here as well would show entities to people.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  const translators = new Map<Locale, Translate>(LOCALES.map((l) => [l, remembering(instance.getFixedT(l))]));
  return { translator: (locale) => translators.get(locale) as Translate };
}

/** Texts without variables are always the same, and a page asks for dozens of them. */
function remembering(translate: Translate): Translate {
  const known = new Map<string, string>();
  return (key, vars) => {
    if (vars) return translate(key, vars);
    let text = known.get(key);
    if (text === undefined) {
      text = translate(key);
      known.set(key, text);
    }
    return text;
  };
}
