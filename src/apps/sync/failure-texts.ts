const en = {
  unauthorized: 'Patreon refused the access token. Connect Patreon again.',
  forbidden: 'Patreon does not allow this read.',
  blocked: 'Patreon turned our requests away for now. The next run tries again.',
  rate_limited: 'Patreon asked for a longer pause than this run can make. The next run tries again.',
  unavailable: 'Patreon could not answer. The next run tries again.',
  invalid_answer: 'Patreon answered something that is not its API. The next run tries again.',
  cursor_expired: 'Patreon forgot the place in its list before all pages were read. The next run tries again.',
  other: 'The read failed.',
  database: 'The database could not store what was read ({{code}}). The log tells more; the next run tries again.',
  shortfall:
    'Patreon counts {{total}} but listed {{seen}}; what was not listed is kept as it was. The next run tries again.',
  unconfirmed:
    "{{count}} are missing from Patreon's list, but that could not be confirmed, so they are kept. The next run tries again.",
  historiesOmitted: 'Patreon took too long over the pledge histories; members were read without them.',
  fieldOmitted: 'Patreon does not answer {{field}}; it was left out.',
  scopeMissing: 'The connection lacks the scope {{scope}}. Connect Patreon again to grant it.',
  connectionDeleted: 'The connection of this run was deleted before the run had ended.',
  elsewhere: 'This campaign is read through another connection now. This one left it alone.',
  noCampaign: 'This Patreon account has no campaign of its own that can be read.',
  notNamed: 'Patreon no longer names this campaign for the connection it was read through.',
  unreadable: 'Cannot be read: {{reason}}',
  gone: 'Patreon no longer knows this campaign: it is marked as gone. Its members and posts are kept as they were.',
  unlisted: 'Patreon no longer lists this campaign for its connection; its members and posts were not read.',
};

const fr: typeof en = {
  unauthorized: 'Patreon a refusé le jeton d’accès. Reconnectez Patreon.',
  forbidden: 'Patreon ne permet pas cette lecture.',
  blocked: 'Patreon a écarté nos requêtes pour le moment. La prochaine synchronisation réessaie.',
  rate_limited:
    'Patreon a demandé une pause plus longue que cette synchronisation ne peut la faire. La prochaine réessaie.',
  unavailable: 'Patreon n’a pas pu répondre. La prochaine synchronisation réessaie.',
  invalid_answer: 'Patreon a répondu autre chose que son API. La prochaine synchronisation réessaie.',
  cursor_expired:
    'Patreon a oublié la place dans sa liste avant que toutes les pages soient lues. La prochaine synchronisation réessaie.',
  other: 'La lecture a échoué.',
  database:
    'La base de données n’a pas pu enregistrer ce qui a été lu ({{code}}). Le journal en dit plus\u202f; la prochaine synchronisation réessaie.',
  shortfall:
    'Patreon en compte {{total}} mais en a énuméré {{seen}}\u202f; ce qui manquait est conservé tel quel. La prochaine synchronisation réessaie.',
  unconfirmed:
    '{{count}} manquent dans la liste de Patreon, mais cela n’a pas pu être confirmé\u202f: ils sont conservés. La prochaine synchronisation réessaie.',
  historiesOmitted:
    'Patreon a mis trop de temps à donner les historiques d’engagement\u202f; les membres ont été lus sans eux.',
  fieldOmitted: 'Patreon ne répond pas pour {{field}}\u202f; ce champ a été laissé de côté.',
  scopeMissing: 'La connexion n’a pas la portée {{scope}}. Reconnectez Patreon pour l’accorder.',
  connectionDeleted: 'La connexion de cette synchronisation a été supprimée avant la fin.',
  elsewhere: 'Cette campagne est maintenant lue par une autre connexion. Celle-ci n’y a pas touché.',
  noCampaign: 'Ce compte Patreon n’a aucune campagne à lui qui puisse être lue.',
  notNamed: 'Patreon ne nomme plus cette campagne pour la connexion qui la lisait.',
  unreadable: 'Illisible\u202f: {{reason}}',
  gone: 'Patreon ne connaît plus cette campagne\u202f: elle est marquée comme disparue. Ses membres et publications sont conservés tels quels.',
  unlisted:
    'Patreon n’énumère plus cette campagne pour sa connexion\u202f; ses membres et publications n’ont pas été lus.',
};

/** What is wrong with a record, as its reader says it, and the words for kinds of values in it. */
const reasonEn = {
  input: 'Invalid input: expected {{expected}}, received {{received}}',
  text: 'expected text of 1 to 200 printable characters',
  object: 'expected an object',
  list: 'expected a list',
  kind: {
    array: 'array',
    boolean: 'boolean',
    null: 'null',
    number: 'number',
    object: 'object',
    string: 'string',
    undefined: 'undefined',
  },
};

const reasonFr: typeof reasonEn = {
  input: '{{expected}} attendu, {{received}} reçu',
  text: 'texte de 1 à 200 caractères imprimables attendu',
  object: 'objet attendu',
  list: 'liste attendue',
  kind: {
    array: 'tableau',
    boolean: 'booléen',
    null: 'null',
    number: 'nombre',
    object: 'objet',
    string: 'texte',
    undefined: 'rien',
  },
};

/** Of records that were set aside, told in the same way (`tellReason`). */
export const reasonTexts = { en: reasonEn, fr: reasonFr };

/**
 * What can go wrong with a run, sentence by sentence; part of the namespace `sync`. Runs keep the English sentence, which
 * commands and logs print; pages tell it in the reader's language (`tellFailure`).
 */
export const failureTexts = { en, fr };
