const en = {
  title: 'This run waits for a decision',
  why: 'Patreon’s answer takes away more at once than is likely to be true, so nothing of it has been stored. It may be a fault at Patreon’s end; it may also be the truth. Compare with Patreon, then decide.',
  limit:
    'Up to {{limit}} of the {{live}} here may go at once without a decision: a tenth of them, or 20 if that is more.',
  others: 'The other parts of this run were stored as usual.',
  gone: {
    members_one: 'One of {{live}} members of {{campaign}} would be marked as gone: Patreon’s list no longer names it.',
    members_other:
      '{{count}} of {{live}} members of {{campaign}} would be marked as gone: Patreon’s list no longer names them.',
    posts_one: 'One of {{live}} posts of {{campaign}} would be marked as gone: Patreon’s list no longer names it.',
    posts_other:
      '{{count}} of {{live}} posts of {{campaign}} would be marked as gone: Patreon’s list no longer names them.',
  },
  not_paying: {
    members_one: 'One of {{live}} members of {{campaign}} would no longer be paying.',
    members_other: '{{count}} of {{live}} members of {{campaign}} would no longer be paying.',
  },
  worth: 'Those who would leave are worth {{sum}} a month now.',
  staged_one: 'One other changed record of the same part waits with them.',
  staged_other: '{{count}} other changed records of the same part wait with them.',
  onlyOwner: 'Only an owner may decide. Until then nothing changes here; the next run reads and judges anew.',
  apply: 'Apply',
  applyText:
    'Everything that waits is stored: those who are missing are marked as gone (never deleted), the others get what Patreon says of them. Whatever has been read again meanwhile is left as it is. This cannot be undone, but a later run brings back whoever Patreon lists again.',
  applySubmit: 'Store what Patreon said',
  discard: 'Discard',
  discardText:
    'Nothing that waits is stored and this run is closed. The next run reads the same again, and is held again if Patreon still says so.',
  discardSubmit: 'Discard it',
  who: 'Who is concerned',
  whoEmpty: 'Whom this run concerned is no longer kept.',
  name: 'Name',
  kind: 'Kind',
  reason: 'Reason',
  monthly: 'A month',
  campaign: 'Campaign',
  goneKind: 'Gone',
  becomes: 'becomes',
  reasons: {
    gone: 'No longer in Patreon’s list',
    not_paying: 'No longer pays, says Patreon',
  },
  more: 'Show more',
  first: 'From the beginning',
  decided: {
    applied: '{{name}} applied this run {{when}}: what waited is stored.',
    applying: '{{name}} applied this run {{when}}: what waited is being stored.',
    notApplied: '{{name}} decided {{when}} to apply this run, but it ended before everything was stored.',
    discarded: '{{name}} discarded this run {{when}}: nothing of what waited was stored.',
    superseded: 'A later run has read the same {{when}}; nothing that waited here was stored.',
    later: 'See that run',
    somebody: 'somebody whose account is gone',
  },
  flash: {
    applying: 'What this run read is being stored.',
    applied: 'This run has been applied already.',
    discarded: 'The run is discarded. Nothing of what waited was stored.',
  },
  refused: {
    run_not_held: 'This run does not wait for a decision, so there is nothing to apply or to discard.',
    run_decided: 'Somebody has decided about this run already.',
    superseded: 'A later run has read the same since. If it is held as well, decide there.',
    run_under_way: 'Another run over the same connection is under way. It reads the same; decide when it has ended.',
  },
};

const fr: typeof en = {
  title: 'Cette synchronisation attend une décision',
  why: 'La réponse de Patreon retire d’un coup plus que ce qui est vraisemblable\u202f; rien n’en a donc été enregistré. C’est peut-être une panne chez Patreon, peut-être la vérité. Comparez avec Patreon, puis décidez.',
  limit:
    'Jusqu’à {{limit}} des {{live}} présents ici peuvent partir d’un coup sans décision\u202f: un dixième, ou 20 si c’est davantage.',
  others: 'Les autres parties de cette synchronisation ont été enregistrées comme d’habitude.',
  gone: {
    members_one:
      'Un membre sur {{live}} de {{campaign}} serait marqué comme disparu\u202f: la liste de Patreon ne le mentionne plus.',
    members_other:
      '{{count}} membres sur {{live}} de {{campaign}} seraient marqués comme disparus\u202f: la liste de Patreon ne les mentionne plus.',
    posts_one:
      'Une publication sur {{live}} de {{campaign}} serait marquée comme disparue\u202f: la liste de Patreon ne la mentionne plus.',
    posts_other:
      '{{count}} publications sur {{live}} de {{campaign}} seraient marquées comme disparues\u202f: la liste de Patreon ne les mentionne plus.',
  },
  not_paying: {
    members_one: 'Un membre sur {{live}} de {{campaign}} ne paierait plus.',
    members_other: '{{count}} membres sur {{live}} de {{campaign}} ne paieraient plus.',
  },
  worth: 'Ceux qui partiraient valent actuellement {{sum}} par mois.',
  staged_one: 'Un autre enregistrement modifié de la même partie attend avec eux.',
  staged_other: '{{count}} autres enregistrements modifiés de la même partie attendent avec eux.',
  onlyOwner:
    'Seul un propriétaire peut décider. D’ici là rien ne change ici\u202f; la prochaine synchronisation lit et juge à nouveau.',
  apply: 'Appliquer',
  applyText:
    'Tout ce qui attend est enregistré\u202f: les absents sont marqués comme disparus (jamais supprimés), les autres reçoivent ce que Patreon dit d’eux. Ce qui a été relu entre-temps reste tel quel. C’est irrévocable, mais une synchronisation ultérieure ramène quiconque figure à nouveau dans la liste de Patreon.',
  applySubmit: 'Enregistrer ce que Patreon a dit',
  discard: 'Abandonner',
  discardText:
    'Rien de ce qui attend n’est enregistré et cette synchronisation est close. La prochaine relit la même chose, et sera retenue à son tour si Patreon dit toujours la même chose.',
  discardSubmit: 'L’abandonner',
  who: 'Qui est concerné',
  whoEmpty: 'La liste des personnes concernées n’est plus conservée.',
  name: 'Nom',
  kind: 'Type',
  reason: 'Raison',
  monthly: 'Par mois',
  campaign: 'Campagne',
  goneKind: 'Disparu',
  becomes: 'devient',
  reasons: {
    gone: 'Absent de la liste de Patreon',
    not_paying: 'Ne paie plus, selon Patreon',
  },
  more: 'Afficher la suite',
  first: 'Depuis le début',
  decided: {
    applied: '{{name}} a appliqué cette synchronisation {{when}}\u202f: ce qui attendait est enregistré.',
    applying:
      '{{name}} a appliqué cette synchronisation {{when}}\u202f: ce qui attendait est en cours d’enregistrement.',
    notApplied:
      '{{name}} a décidé {{when}} d’appliquer cette synchronisation, mais elle s’est terminée avant que tout soit enregistré.',
    discarded:
      '{{name}} a abandonné cette synchronisation {{when}}\u202f: rien de ce qui attendait n’a été enregistré.',
    superseded:
      'Une synchronisation ultérieure a lu la même chose {{when}}\u202f; rien de ce qui attendait ici n’a été enregistré.',
    later: 'Voir cette synchronisation',
    somebody: 'une personne dont le compte n’existe plus',
  },
  flash: {
    applying: 'Ce que cette synchronisation a lu est en cours d’enregistrement.',
    applied: 'Cette synchronisation a déjà été appliquée.',
    discarded: 'La synchronisation est abandonnée. Rien de ce qui attendait n’a été enregistré.',
  },
  refused: {
    run_not_held: 'Cette synchronisation n’attend pas de décision\u202f: il n’y a rien à appliquer ni à abandonner.',
    run_decided: 'Quelqu’un a déjà décidé de cette synchronisation.',
    superseded: 'Une synchronisation ultérieure a lu la même chose. Si elle est retenue elle aussi, décidez là-bas.',
    run_under_way:
      'Une autre synchronisation de la même connexion est en cours. Elle lit la même chose\u202f; décidez quand elle sera terminée.',
  },
};

/** What the page of a held run says; part of the namespace `sync`. */
export const heldTexts = { en, fr };
