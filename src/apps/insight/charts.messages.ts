import { defineMessages } from '../../i18n';

export const chartsMessages = defineMessages({
  en: {
    asTable: 'Show as a table',
    day: 'Day',
    week: 'Week from',
    growth: {
      title: 'Members by day',
      none: 'The figures of a day are kept from the first sync on. Nothing has been counted yet.',
      first: 'The first day was counted on {{date}}. A line needs two days: come back tomorrow.',
      since: 'Counted since {{date}}.',
    },
    movements: {
      title: 'Joined and left, by week',
      joined: 'Joined',
      departed: 'Left',
      none: 'Nothing has been counted yet. It will be within a minute of the first sync.',
      nobody: 'Nobody has joined or left in these twelve weeks.',
      since:
        'Who left is known since {{date}}, when this panel began to record changes. The last week is not over yet.',
      running: 'The last week is not over yet.',
    },
  },
  fr: {
    asTable: 'Afficher en tableau',
    day: 'Jour',
    week: 'Semaine du',
    growth: {
      title: 'Membres par jour',
      none: 'Les chiffres d’un jour sont conservés à partir de la première synchronisation. Rien n’a encore été compté.',
      first:
        'Le premier jour a été compté le {{date}}. Il faut deux jours pour tracer une ligne\u202f: revenez demain.',
      since: 'Compté depuis le {{date}}.',
    },
    movements: {
      title: 'Arrivées et départs, par semaine',
      joined: 'Arrivées',
      departed: 'Départs',
      none: 'Rien n’a encore été compté. Ce sera fait dans la minute qui suit la première synchronisation.',
      nobody: 'Personne n’est arrivé ni parti au cours de ces douze semaines.',
      since:
        'Les départs sont connus depuis le {{date}}, quand ce panneau a commencé à enregistrer les changements. La dernière semaine n’est pas terminée.',
      running: 'La dernière semaine n’est pas terminée.',
    },
  },
});
