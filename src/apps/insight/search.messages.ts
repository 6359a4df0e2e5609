import { defineMessages } from '../../i18n';

export const searchMessages = defineMessages({
  en: {
    title: 'Search',
    label: 'Search members, posts, tiers',
    for: 'Found for “{{q}}”',
    hint: 'Members by name, e-mail, Discord id or Patreon id; campaigns, tiers and posts by title.',
    hintWithoutEmail: 'Members by name, Discord id or Patreon id; campaigns, tiers and posts by title.',
    empty: 'What are you looking for?',
    nothing: 'Nothing was found for “{{q}}”',
    nothingText: 'Try a part of the name, at least three letters of it, or an id just as Patreon shows it.',
    allMembers: 'All members matching',
    allTiers: 'All tiers matching',
    allPosts: 'All posts matching',
    allCampaigns: 'All campaigns',
  },
  fr: {
    title: 'Recherche',
    label: 'Chercher membres, publications, niveaux',
    for: 'Trouvé pour «\u202f{{q}}\u202f»',
    hint: 'Les membres par nom, e-mail, identifiant Discord ou Patreon\u202f; les campagnes, niveaux et publications par titre.',
    hintWithoutEmail:
      'Les membres par nom, identifiant Discord ou Patreon\u202f; les campagnes, niveaux et publications par titre.',
    empty: 'Que cherchez-vous\u202f?',
    nothing: 'Rien n’a été trouvé pour «\u202f{{q}}\u202f»',
    nothingText: 'Essayez une partie du nom, au moins trois lettres, ou un identifiant tel que Patreon l’affiche.',
    allMembers: 'Tous les membres correspondants',
    allTiers: 'Tous les niveaux correspondants',
    allPosts: 'Toutes les publications correspondantes',
    allCampaigns: 'Toutes les campagnes',
  },
});
