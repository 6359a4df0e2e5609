const en = {
  button: 'Refresh from Patreon',
  nothing: 'Patreon says nothing new.',
  older: 'Something newer was stored meanwhile, so this answer was left out.',
  unreadable: 'Patreon’s record cannot be read as it is. What is stored here was kept.',
  changes_one: 'One thing changed: {{list}}.',
  changes_other: '{{count}} things changed: {{list}}.',
  more: 'and {{count}} more',
  separator: '; ',
  created: '{{name}} is new',
  gone: '{{name}} is gone',
  returned: '{{name}} is back',
  changed: '{{label}}: {{before}} → {{after}}',
  touched: '{{label}} changed',
  empty: 'nothing',
  of: '{{name}}, {{change}}',
  elsewhere: 'Something that is kept beside it (payments or a postal address) changed.',
  benefits: 'Benefits changed.',
  unknown: {
    members: 'Patreon no longer knows this member. It is marked as gone here.',
    posts: 'Patreon no longer knows this post. It is marked as gone here.',
    campaigns: 'Patreon no longer knows this campaign. It is marked as gone here.',
  },
  still: {
    members: 'Patreon still does not know this member.',
    posts: 'Patreon still does not know this post.',
    campaigns: 'Patreon still does not know this campaign.',
  },
  failed: {
    no_connection: 'Nothing was read: this campaign has no connection to Patreon any more. Connect Patreon first.',
    unauthorized: 'Nothing was read: Patreon no longer accepts our access. Connect Patreon again.',
    forbidden: 'Nothing was read: the connection does not allow it. Connect Patreon again and grant every permission.',
    budget_spent: 'Nothing was read: our request budget is spent. It begins anew {{when}}.',
    held: 'Nothing was read: requests to Patreon are on hold. They go on {{when}}.',
    rate_limited: 'Nothing was read: Patreon asked us to slow down. Try again in a minute.',
    unanswered: 'Patreon did not answer in time. What is stored here was kept; try again in a few minutes.',
  },
};

const fr: typeof en = {
  button: 'Actualiser depuis Patreon',
  nothing: 'Patreon ne dit rien de nouveau.',
  older: 'Quelque chose de plus récent a été enregistré entre-temps\u202f; cette réponse a été laissée de côté.',
  unreadable: 'L’enregistrement de Patreon est illisible en l’état. Ce qui est enregistré ici a été conservé.',
  changes_one: 'Une chose a changé\u202f: {{list}}.',
  changes_other: '{{count}} choses ont changé\u202f: {{list}}.',
  more: 'et {{count}} de plus',
  separator: '\u202f; ',
  created: '{{name}} est nouveau',
  gone: '{{name}} a disparu',
  returned: '{{name}} est de retour',
  changed: '{{label}}\u202f: {{before}} → {{after}}',
  touched: '{{label}}\u202f: modification',
  empty: 'rien',
  of: '{{name}}, {{change}}',
  elsewhere: 'Ce qui est conservé à côté (paiements ou adresse postale) a changé.',
  benefits: 'Des avantages ont changé.',
  unknown: {
    members: 'Patreon ne connaît plus ce membre. Il est marqué ici comme disparu.',
    posts: 'Patreon ne connaît plus cette publication. Elle est marquée ici comme disparue.',
    campaigns: 'Patreon ne connaît plus cette campagne. Elle est marquée ici comme disparue.',
  },
  still: {
    members: 'Patreon ne connaît toujours pas ce membre.',
    posts: 'Patreon ne connaît toujours pas cette publication.',
    campaigns: 'Patreon ne connaît toujours pas cette campagne.',
  },
  failed: {
    no_connection: 'Rien n’a été lu\u202f: cette campagne n’est plus connectée à Patreon. Connectez d’abord Patreon.',
    unauthorized: 'Rien n’a été lu\u202f: Patreon n’accepte plus notre accès. Reconnectez Patreon.',
    forbidden:
      'Rien n’a été lu\u202f: la connexion ne le permet pas. Reconnectez Patreon en accordant toutes les autorisations.',
    budget_spent: 'Rien n’a été lu\u202f: notre budget de requêtes est épuisé. Il se renouvelle {{when}}.',
    held: 'Rien n’a été lu\u202f: les requêtes à Patreon sont suspendues. Elles reprennent {{when}}.',
    rate_limited: 'Rien n’a été lu\u202f: Patreon nous a demandé de ralentir. Réessayez dans une minute.',
    unanswered:
      'Patreon n’a pas répondu à temps. Ce qui est enregistré ici a été conservé\u202f; réessayez dans quelques minutes.',
  },
};

/** What "Refresh from Patreon" says; part of the namespace `sync`. */
export const refreshTexts = { en, fr };
